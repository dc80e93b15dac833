// The trunks' figures over restarts: in the event log, and back from it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct eventlog;
struct figures_pace;
struct rebuild;
struct timers;

void figures_start(struct figures_pace *pace, struct eventlog *log, struct timers *timers);
void figures_stop(
	struct figures_pace *pace); // writes what has changed; before the user agent stops
void figures_trunk_counted(struct figures_pace *pace); // some trunk's have changed
// A piece of a snapshot, the trunks from *from on; false: that was the last.
bool figures_snapshot(struct eventlog *log, uint64_t *from);
void figures_restore_trunks(const struct rebuild *rebuild);
