// Plays a prompt and goes on.
#include "control/config/fields.h"
#include "control/config/read.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"
#include "control/media/media.h"

static const struct config_field fields[] = {
	{"play", CONFIG_REF_PROMPT, AT(config_step, prompt), "prompt to play", NULL},
	{"then", CONFIG_REF_STEP, AT(config_step, next),
		"step after it; none: the next in the file", ""},
	{"barge", CONFIG_BOOL, AT(config_step, barge), "a digit ends the prompt", "no"},
	END,
};

// Of a flow that has other mistakes it is not known which one is next.
static void check_next(struct config_read *r, struct config_flow *flow, unsigned index)
{
	struct config_step *s = &flow->steps[index];
	if (s->next != STEP_NONE || flow->faulty)
		return;
	if (index + 1 == flow->step_count)
		config_read_problem(r, &s->name, "then",
			"expected a step of this flow, since this is the last, got nothing");
	else
		s->next = (uint16_t)(index + 1);
}

static const struct ivr_wait playing = {"playing", ivr_next, ivr_keep, ivr_late};

static void enter(struct ivr *i)
{
	if (i->step->barge && i->ahead_count > 0) { // the caller knows the way
		ivr_go(i, i->step->next);
		return;
	}
	ivr_play(i, i->step->prompt, i->step->barge ? MEDIA_BARGE : 0);
	ivr_listens(i, &playing);
}

const struct config_step_kind step_play = {
	.schema = {"a play step", "Plays a prompt and goes on.", fields},
	.circle = CIRCLE_OF_PROMPTS,
	.check = check_next,
	.enter = enter,
};
