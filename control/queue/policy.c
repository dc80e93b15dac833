// Queue policies: which of the ready agents is offered the next caller.
#include "control/queue/policy.h"

#include <errno.h>
#include <stddef.h>

#include "control/queue/agent.h"
#include "engine/base/str.h"

static struct agent *longest_idle(const struct queue *q, const struct caller *c, uint64_t seed)
{
	return queue_ready_first(c->line)->agent;
}

static const struct policy policies[] = {
	{"longest-idle", "the agent whose last call, or coming to be ready, lies back furthest",
		longest_idle},
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

const struct policy *policy_get(uint32_t index)
{
	return index < POLICIES ? &policies[index] : NULL;
}

int policy_find(const char *name)
{
	for (unsigned i = 0; i < POLICIES; i++)
		if (str_equal(policies[i].name, name))
			return (int)i;
	return -ENOENT;
}
