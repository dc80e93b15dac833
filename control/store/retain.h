// What the store forgets: call records, states of agents and recordings with their files, beyond
// bounds in days and bytes, oldest first, in steps of some milliseconds. The store's thread.
#pragma once

#include <stdint.h>

#include "control/store/store.h"

#define RETAIN_FILES 16 // recordings a step

struct db;
struct store_alarms;

struct retain_file { // a row of recordings
	int64_t row, started, bytes;
	char file[512]; // empty: it never had one
};

struct retain {
	struct store_alarms *alarms;
	const char *recordings; // their folder
	int64_t rows;		// removed at once: as many as a few milliseconds allow
	int64_t bytes;		// of all recordings' files as far as measured; -1: not summed up
	// The pass over the recordings, oldest first: where it has come to.
	int64_t at_started, at_row;
	unsigned failed; // files of this pass that could not be removed
	int64_t stuck;	 // bytes of these
	// The wall clock as far as it is believed, with its monotonic time.
	uint64_t wall_ns, mono_ns;
	uint64_t jumped_ns, jumped_wall_ns; // since when it has been far ahead; 0: it is not
	uint64_t ahead_ns; // wall clock: the same over restarts, as it is in the database
	uint64_t saved_ns; // wall_ns as it is in the database
	struct retain_file files[RETAIN_FILES];
};

void retain_init(struct retain *r, struct store_alarms *alarms, const char *recordings);
void retain_restart(struct retain *r); // the database is another one now
// One step, at this time by both clocks, each of which moves on its own. 1: there is more to do
// at once; 0: nothing for now; -errno of the database.
int retain_step(struct retain *r, struct db *d, const struct store_bounds *bounds, uint64_t wall_ns,
	uint64_t mono_ns);
