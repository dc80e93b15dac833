// Red zones, in builds with -Dguards=enabled: bytes behind each session, ear, coder and pool's
// piece, and behind the data of each mbuf, that nobody may touch. Under AddressSanitizer they are
// poisoned, so that reading them is seen too; else they hold a pattern that each tick looks at. In
// other builds they take no room and no time. Whose they are: voice/session_red.h, net/red_mbuf.h.
#pragma once

#include <stddef.h>

#ifdef GUARDS

#define RED_ZONE 128 // bytes: whole cache lines, and an even number of them

#if defined(__SANITIZE_ADDRESS__)
#define RED_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RED_POISONS 1
#endif
#endif

void red_begin(void *zone, size_t bytes);
void red_look(void *zone, size_t bytes); // a pattern that is not whole ends the process
void red_end(void *zone, size_t bytes);

#else

#define RED_ZONE 0

#endif
