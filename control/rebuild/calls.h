// What the event log's records mean for calls, and the records of those that nobody ended.
#pragma once

#include "control/rebuild/living.h"

// A record of a call, or that its recording has begun. No memory: *error says.
void rebuild_call_event(struct kind *calls, const struct event *e, json_t *body, int *error);
// The body of its CALL_ENDED, had it ended then, and of its open segment's end, NULL where none is
// open (both malloc'd). 0 or -ENOMEM.
int rebuild_call_ended(struct living *l, uint64_t mono_ns, char **record, char **segment);
