// Hands the caller over to a queue.
#include "control/config/fields.h"
#include "control/config/read.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"

static const struct config_field fields[] = {
	{"queue", CONFIG_REF_QUEUE, AT(config_step, queue), "queue to wait in", NULL},
	{"then", CONFIG_REF_STEP, AT(config_step, next),
		"step of a caller that nobody answered (full, wait_max); none: hang up", ""},
	SKILLS_FIELD(config_step,
		"skill → least level that an agent must have for the callers of this step: beside "
		"the queue's own, and in place of its level of the same skill"),
	{"priority", CONFIG_INT, AT(config_step, priority),
		"which callers of the queue's are served first: those of 0, and those of 7 last",
		"4", 0, CONFIG_PRIORITY_MAX},
	{"prefer", CONFIG_REF_AGENT, AT(config_step, prefer),
		"agent that gets the caller if ready at that moment, and has the skills; else "
		"another one does",
		""},
	{"prefer_from", CONFIG_NAME, AT(config_step, vary.name),
		"the same for the agent whose name the variable has", ""},
	END,
};

static void check_preferred(struct config_read *r, struct config_flow *flow, unsigned index)
{
	const struct config_step *s = &flow->steps[index];
	if (s->prefer != NULL && s->vary.name[0] != '\0')
		config_read_problem(r, s->vary.name, NULL,
			"expected either an agent or a variable that names one, got both");
}

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
	.check = check_preferred,
	.enter = enter,
	.guard_ms = 30000,
	.guard = unclaimed,
	.reads = true,
};
