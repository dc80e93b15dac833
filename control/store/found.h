// Recordings that lie in the folder and are in no row: the database was lost, and the log with
// their records was older. They get a row, so that they are listed, count and grow old like others.
// A walk through the days that are over, once a day, some names a step. The store's thread.
#pragma once

#include <dirent.h>
#include <stdint.h>

#define FOUND_NAME_MAX 256

struct db;

struct found {
	const char *recordings;	     // their folder
	DIR *tenants, *days, *files; // of the walk; NULL: not there yet
	char tenant[FOUND_NAME_MAX], day[FOUND_NAME_MAX];
	unsigned seen;	  // names in this day's folder
	uint64_t next_ns; // when the next walk begins, monotonic
	uint64_t count;	  // rows made
};

void found_init(struct found *f, const char *recordings, uint64_t mono_ns);
void found_restart(struct found *f); // the database is another one now: walks soon
void found_fini(struct found *f);
// One step. 1: the walk goes on; 0: it is over, or not due; -errno of the database.
int found_step(struct found *f, struct db *d, uint64_t wall_ns, uint64_t mono_ns);
