// Ends the call, behind a prompt or without one; as a flow's first step it may refuse it.
#include "control/config/fields.h"
#include "control/config/read.h"
#include "control/ivr/run.h"
#include "control/ivr/steps.h"

static const struct config_field fields[] = {
	{"hangup", CONFIG_REF_PROMPT, AT(config_step, prompt), "prompt to play before", ""},
	{"status", CONFIG_INT, AT(config_step, sip_status),
		"refuse the call by this SIP status: for a flow's first step, without a prompt; "
		"0: answer and hang up",
		"0", 0, 699},
	END,
};

// A call is refused by its flow's first step or answered before it: ivr_refusal.
static void check_status(struct config_read *r, struct config_flow *flow, unsigned index)
{
	const struct config_step *s = &flow->steps[index];
	if (s->sip_status > 0 && s->sip_status < 400)
		config_read_problem(r, &s->sip_status, NULL,
			"expected 0 or a status from 400 to 699, got %u", s->sip_status);
	if (s->sip_status < 400)
		return;
	if (s->prompt != IVR_NO_PROMPT)
		config_read_problem(r, &s->sip_status, NULL,
			"expected no status beside a prompt, since who is refused hears none, got "
			"%u: leave one of them out",
			s->sip_status);
	else if (index > 0)
		config_read_warn(r, &s->sip_status, NULL,
			"expected a status in the flow's first step alone, since later the call "
			"is answered, got %u, which says nothing",
			s->sip_status);
}

static void last_over(struct ivr *i, char digit)
{
	ivr_finish(i, "flow-end");
}

static const struct ivr_wait last = {"last", last_over, ivr_ignore, ivr_late};

static void enter(struct ivr *i)
{
	if (i->step->prompt == IVR_NO_PROMPT) {
		ivr_finish(i, "flow-end");
		return;
	}
	ivr_play(i, i->step->prompt, 0);
	ivr_listens(i, &last);
}

const struct config_step_kind step_hangup = {
	.schema = {"a hangup step", "Ends the call.", fields},
	.word = true,
	.check = check_status,
	.enter = enter,
};

unsigned ivr_refusal(const struct config_flow *flow)
{
	const struct config_step *first = &flow->steps[0];
	if (flow->step_count == 0 || first->kind != &step_hangup || first->prompt != IVR_NO_PROMPT)
		return 0;
	return first->sip_status;
}
