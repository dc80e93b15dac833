// Who has talked to somebody, and how long a queue may keep them for that.
#include "tests/flow/centre/last.h"

#include <string.h>

#include "tests/flow/centre/plan.h"

static struct {
	const struct plan *plan;
	bool talked[PLAN_CALLS];
	unsigned wait_s[PLAN_QUEUES]; // the longest there was
} last;

void last_begin(const struct plan *plan)
{
	memset(&last, 0, sizeof(last));
	last.plan = plan;
	last_reloads();
}

void last_talked(unsigned caller)
{
	last.talked[caller] = true;
}

bool last_may_keep(unsigned caller, unsigned queue, unsigned long long waits_ms)
{
	return last.talked[caller] && waits_ms <= last.wait_s[queue] * 1000ull;
}

void last_reloads(void)
{
	for (unsigned i = 0; i < PLAN_QUEUES; i++)
		if (last.plan->queue[i].last_wait_s > last.wait_s[i])
			last.wait_s[i] = last.plan->queue[i].last_wait_s;
}
