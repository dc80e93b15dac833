// The trunks' figures over restarts: in the event log, and back from it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/eventlog/figures.h"

struct eventlog;
struct rebuild;
struct timers;
struct ua;

struct trunk_figures {
	struct figures_pace pace;
	struct ua *ua; // whose trunks they are
};

void figures_start(
	struct trunk_figures *f, struct ua *ua, struct eventlog *log, struct timers *timers);
void figures_stop(struct trunk_figures *f); // writes what has changed; before the user agent stops
void figures_trunk_counted(struct trunk_figures *f); // some trunk's have changed
// A piece of a snapshot, the trunks from *from on; false: that was the last.
bool figures_snapshot(struct ua *ua, struct eventlog *log, uint64_t *from);
void figures_restore_trunks(struct ua *ua, const struct rebuild *rebuild);
