// The refusal sweep: what a test and the shim that is loaded before the program (refuse.c) share, a
// file that both map. The shim counts what the program asks the system for, by kind, and refuses
// the n-th of one kind, or more from there on.
//
// Environment of the program: LD_PRELOAD the shim; REFUSE_CONTROL the file, of REFUSE_PAGES *
// REFUSE_BYTES zeros; REFUSE_FROM whose allocations count besides the program's own: parts of
// library names, by ':'.
#pragma once

#include <stdint.h>

enum refuse_kind {
	REFUSE_NOTHING,
	REFUSE_ALLOCATION, // malloc and its like: ENOMEM
	REFUSE_DESCRIPTOR, // whatever makes one: EMFILE; of an io_uring: ENOENT, EBADF
	REFUSE_SUBMIT,	   // io_uring_submit: EAGAIN
	REFUSE_WRITE,	   // to a regular file, allocating it, syncing it: ENOSPC, EIO
	REFUSE_SLOT,	   // a place in a ring of ours; counted by the program itself
	REFUSE_KINDS
};

struct refuse_control {
	uint32_t kind, n;	      // 0: nothing; from the count's zero on, first: 1
	uint32_t more;		      // so many behind the n-th too
	uint32_t count[REFUSE_KINDS]; // so far
	uint32_t refused;	      // so far
	int32_t usual;		      // live where nothing is refused: the program's own word
	uint32_t off;		      // not 0: nothing is counted
	int32_t live;		      // allocations made while counting and not freed yet
	char what[64];		      // refused last: the function …
	char where[128];	      // … and who called it, as "program+0x1234"
};

#define REFUSE_BYTES 4096
#define REFUSE_PAGES 8 // of the file: processes beside each other take one each; the first at start

// The shim's own, by dlsym.
typedef void refuse_page_fn(unsigned page);			  // this process's from now on
typedef int refuse_slot_fn(const char *what, const void *caller); // 1: refused
typedef void refuse_live_fn(void);   // says on stdout who made what is not freed
typedef void refuse_hold_fn(int by); // 1: nothing is counted in this thread, until -1
