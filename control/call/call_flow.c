// The flow as a call's owner: digits and prompts to the IVR, hand-over to queue or end.
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

uint32_t call_flow_play(uint32_t prompt, unsigned flags, void *call)
{
	struct call *c = call;
	hear(leg_ear(c->caller),
		&(struct hearing){.prompts = true, .prompt = prompt, .flags = flags});
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
	return leg_holds(c->caller);
}

void call_flow_late(const char *wait, void *call)
{
	struct call *c = call;
	log_error("prompt's end was not told: call=%s state=%s step=%s", c->id_text, wait,
		c->ivr.step->name);
	hear_nothing(leg_ear(c->caller));
}

void call_flow_begin(struct call *c, const struct call_fact *f)
{
	c->ivr.config = c->config;
	c->ivr.surprises = &c->calls->counts.surprises;
	call_flow_go(c, 0);
}

void call_flow_go(struct call *c, uint16_t step)
{
	c->state = CALL_FLOW;
	hear_nothing(leg_ear(c->caller)); // of what its last owner left
	media_listen(leg_voice(c->caller), true);
	ivr_go(&c->ivr, step);
}

void call_flow_digit(struct call *c, const struct call_fact *f)
{
	call_digit_keep(c, f);
	ivr_digit(&c->ivr, f->leg->digit);
}

void call_flow_played(struct call *c, const struct call_fact *f)
{
	ivr_played(&c->ivr);
}
