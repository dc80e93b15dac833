// Each caller of a queue, counted by the queue and from outside.
#include "tests/flow/centre/sums.h"

#include <string.h>

#include "engine/base/str.h"
#include "tests/flow/centre/plan.h"
#include "tests/flow/sim/sim.h"

static struct sum {
	uint64_t joined, answered, left;
} sums[PLAN_QUEUES];

void sums_begin(void)
{
	memset(sums, 0, sizeof(sums));
}

void sums_joined(uint32_t queue)
{
	sums[queue].joined++;
}

void sums_out(uint32_t queue, bool answered)
{
	sums[queue].answered += answered;
	sums[queue].left += !answered;
}

static void queue_counted(const struct floor_queue_info *q, void *arg)
{
	uint64_t n;
	if (str_u64(q->name + 1, &n) != 0 || n >= PLAN_QUEUES)
		return;
	const struct sum *s = &sums[n];
	uint64_t left = q->abandoned + q->timed_out + q->removed + q->refused;
	if (q->joined + q->refused != s->joined || left != s->left || q->answered != s->answered)
		sim_violation("%s counts %llu joined, %llu answered, %llu left; seen: %llu, %llu, "
			      "%llu",
			q->name, (unsigned long long)(q->joined + q->refused),
			(unsigned long long)q->answered, (unsigned long long)left,
			(unsigned long long)s->joined, (unsigned long long)s->answered,
			(unsigned long long)s->left);
}

void sums_judge(void)
{
	floor_queues(calls_floor(sim_calls()), queue_counted, NULL);
}
