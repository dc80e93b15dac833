// The flow as a call's owner: digits and prompts to the IVR, hand-over to queue or end.
#include <string.h>

#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

static void on_play(uint32_t prompt, unsigned flags, void *arg)
{
	struct call *c = arg;
	hear(leg_ear(c->caller),
		&(struct hearing){.prompts = true, .prompt = prompt, .flags = flags});
}

static void on_step(const struct config_step *step, void *arg)
{
	story_step(arg, step);
	call_mask_step(arg, step);
}

static void on_queue(const struct config_step *step, void *arg)
{
	struct call_fact f = {.step = step};
	call_input(arg, CALL_FLOW_QUEUE, &f);
}

static void on_conference(const struct config_step *step, void *arg)
{
	struct call_fact f = {.step = step};
	call_input(arg, CALL_FLOW_CONFERENCE, &f);
}

static void on_end(const char *why, void *arg)
{
	struct call_fact f = {.why = why, .by = "system"};
	call_input(arg, CALL_FLOW_END, &f);
}

static bool on_holds(void *arg)
{
	const struct call *c = arg;
	return leg_holds(c->caller);
}

static void on_late(enum ivr_state state, void *arg)
{
	struct call *c = arg;
	log_error("prompt's end was not told: call=%s state=%s step=%s", c->id_text,
		ivr_state_name(state), c->ivr.step->name);
	hear_nothing(leg_ear(c->caller));
}

void call_flow_begin(struct call *c, const struct call_fact *f)
{
	static const struct ivr_handlers handlers = {
		on_play, on_step, on_queue, on_conference, on_end, on_holds, on_late};
	c->ivr.config = c->config;
	c->ivr.handlers = &handlers;
	c->ivr.arg = c;
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

void call_digit_keep(struct call *c, const struct call_fact *f)
{
	char digit = c->masked ? CALL_MASKED_DIGIT : f->leg->digit;
	pressed_add(c->record.digits, digit);
	story_digit(c, digit, f->leg->sources);
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
