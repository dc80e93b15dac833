// What the floor remembers of conversations before this process: asked of the store, page by page,
// while calls come already. Control thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/queue/floor.h"

struct store;

struct recall_env {
	struct store *store;
	struct floor *floor;
	struct timers *timers;
	uint64_t log_end; // last sequence that the log had when it was opened
};

struct recall {
	struct recall_env env;
	bool ready;		   // the store has taken in what was in the log
	struct timer again;	   // what the store could not answer is asked once more
	struct floor_recall queue; // that is asked for now
	bool asks;
	unsigned rows;	    // of the queue so far, …
	unsigned page;	    // … and of the page
	unsigned failures;  // in a row
	uint64_t until_ns;  // calls that began before are in the next page; 0: any
	uint64_t oldest_ns; // of the page
};

// Zeroed before: asks for all that the floor's queues want to know of (floor_recall_next), once the
// store has all of the log that was there.
void recall_start(struct recall *r, const struct recall_env *env);
void recall_passed(struct recall *r, uint64_t sequence); // store_set_passed
void recall_more(struct recall *r); // a reload may have made queues that want more
void recall_stop(struct recall *r); // no more answers
