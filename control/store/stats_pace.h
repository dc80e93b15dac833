// How much a piece of a long reading is: what reads for others waits no longer than it must. Of one
// thread, without a clock of its own.
#pragma once

#include <stdint.h>

struct stats_pace {
	uint64_t piece_ns; // of what is read, for the next one
	uint64_t twice_ns; // the thread's time that the one before took, which was twice as long; 0
};

// The first piece is of 5 minutes: how much lies in them is known when they have been read.
void stats_pace_init(struct stats_pace *p);
// A piece of piece_ns took so much of the thread's time. Too long: the next one is half as long, as
// long as that helps; what each piece costs by itself (a look at every agent) halving only doubles.
void stats_pace_took(struct stats_pace *p, uint64_t took_ns);
