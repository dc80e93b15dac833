// Library calls under guard, in builds with -Dguards=enabled: whatever a library is given lies in
// memory of its own during the call, its last byte before a closed page, a pattern before its
// first. A byte too many that is read or written ends the process; a byte before, or one of what
// may only be read, does when the call is over. Sanitizers do not see into libraries.
//
//	n = g722_encode(guard_both(tx, size), guard_both(out, n), guard_in(samples, 2 * n), n);
//	guard_end();
//
// In other builds these are the pointers themselves, and the sizes are not even computed.
#pragma once

#ifdef GUARDS

#include <stddef.h>

void *guard_copy(const void *real, size_t bytes, int writable);
void guard_end(void); // what the library wrote goes back

#define guard_in(p, bytes)   ((__typeof__(p))guard_copy((p), (bytes), 0))
#define guard_both(p, bytes) ((__typeof__(&*(p)))guard_copy((p), (bytes), 1))

#else

#define guard_in(p, bytes)   (p)
#define guard_both(p, bytes) (p)
#define guard_end()	     ((void)0)

#endif
