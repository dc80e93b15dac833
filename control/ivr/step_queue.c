// Hands the caller over to a queue.
#include "control/config/fields.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"

static const struct config_field fields[] = {
	{"queue", CONFIG_REF_QUEUE, AT(config_step, queue), "queue to wait in", NULL},
	{"then", CONFIG_REF_STEP, AT(config_step, next),
		"step of a caller that nobody answered (full, wait_max); none: hang up", ""},
	END,
};

static void enter(struct ivr *i)
{
	i->ahead_count = 0;
	ivr_hands_over(i);
	i->handlers->queue(i->step, i->arg);
}

static void unclaimed(struct ivr *i)
{
	ivr_go(i, i->step->next);
}

const struct config_step_kind step_queue = {
	.schema = {"a queue step", "Waits for an agent; the call ends with their conversation.",
		fields},
	.circle = CIRCLE_OF_PLACES,
	.enter = enter,
	.guard_ms = 30000,
	.guard = unclaimed,
};
