// How the loop's turns are spaced under load.
//
// A turn for one message costs as much in waking, sleeping and cold caches as the message itself.
// So while turns come thick and the thread has much to do, three sixteenths of its CPU, the loop
// lets a millisecond pass from one to the next, in which more messages gather for it, and goes on
// with that down to an eighth. With less to do there is nothing to spare: a free agent is not to
// wait for the next call's sake.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PACE_NS 1000000 // from turn to turn, at most: what it may delay a message by

struct pace {		    // zeroed at first
	uint64_t window_ns; // when this one began
	uint64_t busy_ns;   // what the thread had worked by then
	uint32_t turns;	    // in it
	uint32_t share;	    // of a CPU that the thread had lately, of 2^20
	bool busy, thick;   // much to do; and the window before had many turns
	uint64_t last_ns;   // when the last turn ended, its wait with it
};

// How long to wait at now_ns, the end of a turn, before events are asked for. busy_ns: what the
// thread has worked since whenever.
uint64_t pace_gap(struct pace *p, uint64_t now_ns, uint64_t busy_ns);
void pace_wait(struct pace *p); // that long, by the kernel's clocks of time and of this thread
