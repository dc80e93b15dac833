// The flow as a call's owner: digits and prompts to the IVR, hand-over to queue or end.
#include <errno.h>

#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

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
	log_error("a flow's step goes on without what it waited for: call=%s state=%s step=%s",
		c->id_text, wait, c->ivr.step->name);
	party_hush(&c->first);
}

bool call_flow_owns(void *call)
{
	return ((const struct call *)call)->state == CALL_FLOW;
}

const char *call_flow_fact(const char *name, void *call)
{
	const struct call_record *r = &((const struct call *)call)->record;
	return str_equal(name, "caller") ? r->caller : r->called;
}

void call_flow_set(const char *name, const char *text, void *call)
{
	story_variable(call, name, text);
}

int call_flow_ask(const struct config_step *step, uint32_t ticket, void *call)
{
	const struct call *c = call;
	const struct calls_history *h = &c->calls->history;
	// Who asked not to be seen is not recognised.
	if (h->ask == NULL || c->record.caller[0] == '\0' || call_record_hides(&c->record))
		return -ENODATA;
	return h->ask(&(struct calls_question){c->key, ticket, c->record.tenant, c->record.caller,
			      step->vary.from},
		h->arg);
}

void calls_answer(struct calls *cs, uint64_t call, uint32_t ticket, const char *text)
{
	struct call *c = call_get(cs, call);
	if (c == NULL) // it has ended meanwhile
		return;
	if (c->state != CALL_FLOW || !ivr_answered(&c->ivr, ticket, text))
		cs->counts.late_answers++;
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
