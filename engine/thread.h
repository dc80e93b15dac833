// The thread of a worker: polls until told to end, naps when there is nothing to do.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/worker.h"

struct thread {
	struct worker *worker;
	bool spin;	    // never nap
	bool signals;	    // polls a tap: its driver wants the realtime signals
	_Atomic bool *ends; // written by main
	_Atomic bool ended; // written by the thread, last of all
};

// Denormals as zero (FTZ, DAZ): after digital silence the detectors would run a hundred times
// slower. For each thread that polls workers, tests and benches included.
void thread_float_init(void);
// Keeps the signals by which net_tap tells of packets away from this thread and from all that it
// makes afterwards.
void thread_signals_init(void);
int thread_start(void *thread); // the thread's start routine
