// The flow as a call's owner: digits and prompts to the IVR, hand-over to queue or end.
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

// --- what it asks for as it goes ---

uint32_t call_flow_play(uint32_t prompt, unsigned flags, void *call)
{
	struct call *c = call;
	party_prompt(&c->first, prompt, flags);
	return media_prompt_ms(c->calls->media, prompt);
}

void call_flow_step(const struct config_step *step, void *call)
{
	story_step(call, step);
	call_mask_step(call, step);
}

bool call_flow_holds(void *call)
{
	const struct call *c = call;
	return party_holds(&c->first);
}

void call_flow_late(const char *wait, void *call)
{
	struct call *c = call;
	log_error("prompt's end was not told: call=%s state=%s step=%s", c->id_text, wait,
		c->ivr.step->name);
	party_hush(&c->first);
}

// --- its verdicts ---

// What it has said of the call while it went on.
static struct call_verdict said(struct call *c)
{
	struct call_verdict v = c->flow_said;
	c->flow_said = CALL_STAYS;
	return v;
}

struct call_verdict call_flow_says(struct call *c, const struct call_fact *f)
{
	return *f->verdict;
}

void call_flow_bind(struct call *c, const struct config_flow *flow)
{
	c->ivr.timers = c->calls->timers;
	c->ivr.flow = flow;
	c->ivr.handlers = c->calls->entrance->flow;
	c->ivr.arg = c;
	c->ivr.config = c->config;
	c->ivr.surprises = &c->calls->counts.surprises;
}

struct call_verdict call_flow_begin(struct call *c, const struct call_fact *f)
{
	return (struct call_verdict){.move = CALL_STEP, .at = 0};
}

struct call_verdict call_flow_enter(struct call *c, const struct call_verdict *v)
{
	call_hear(c); // no more of what its last owner left
	media_listen(party_voice(&c->first), true);
	ivr_go(&c->ivr, v->at);
	return said(c);
}

struct call_verdict call_flow_digit(struct call *c, const struct call_fact *f)
{
	call_digit_keep(c, f);
	ivr_digit(&c->ivr, f->leg->digit);
	return said(c);
}

struct call_verdict call_flow_played(struct call *c, const struct call_fact *f)
{
	ivr_played(&c->ivr);
	return said(c);
}
