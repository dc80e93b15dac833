// What a start makes of the process before it: the records of calls that a kill cut off, and the
// agents' states.
#pragma once

struct eventlog;
struct floor;
struct rebuild;

// Appends NODE_STARTED and the CALL_ENDED of every call that was open.
void node_log_restart(struct eventlog *log, const struct rebuild *rebuild);
void node_restore_agents(struct floor *floor, const struct rebuild *rebuild);
