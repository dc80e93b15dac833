// What a start makes of the process before it: the records of calls that a kill cut off, the
// agents' states, recordings without an end.
#pragma once

#include <stdint.h>

struct calls;
struct eventlog;
struct floor;
struct rebuild;
struct recorder;
struct watch;

// Appends NODE_STARTED and the CALL_ENDED of every call that was open.
void node_log_restart(struct eventlog *log, struct watch *w, const struct rebuild *rebuild);
// now_ns: of the wall clock.
void node_restore_agents(struct floor *floor, const struct rebuild *rebuild, uint64_t now_ns);
// Behind registrations_restore: of whom no phone has come back the log tells it.
void node_absent_agents(struct floor *floor, const struct rebuild *rebuild);
// Every recording that was open gets its end: from the recorder's shared memory after a kill,
// from the file alone after a power cut.
void node_restore_recordings(
	struct calls *calls, const struct recorder *recorder, const struct rebuild *rebuild);
