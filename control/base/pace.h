// How the loop's turns are spaced under load.
//
// A turn for one message costs as much in waking, sleeping and cold caches as the message itself.
// So while turns come thick the loop lets a millisecond pass from one to the next, in which more
// messages gather for it. A lone caller's are served as they come.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PACE_NS 1000000 // from turn to turn, at most: what it may delay a message by

struct pace {		    // zeroed at first
	uint64_t window_ns; // when this one began
	uint32_t turns;	    // in it
	bool thick;	    // the one before had many
	uint64_t last_ns;   // when the last turn ended, its wait with it
};

// How long to wait at now_ns, the end of a turn, before events are asked for.
uint64_t pace_gap(struct pace *p, uint64_t now_ns);
void pace_wait(struct pace *p); // that long, by the kernel's monotonic clock
