// Queue policies: which of the ready agents is offered the next caller. A policy is one function
// and one line of the table in policy.c.
#pragma once

#include <stdint.h>

#include "control/queue/queue.h"

struct policy {
	const char *name; // in the configuration
	const char *help; // docs/configuration.md
	// Chooses among the ready members that match the caller (queue_ready_first), of which there
	// is one at least. seed: of this decision; what is random takes it from there alone, so
	// that the decision can be made again.
	struct agent *(*choose)(const struct queue *q, const struct caller *c, uint64_t seed);
};

const struct policy *policy_get(uint32_t index); // NULL: no such
int policy_find(const char *name);		 // index or -ENOENT
