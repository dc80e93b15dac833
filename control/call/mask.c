// Masking: the caller's digits are the flow's alone. No agent, listener or recording hears them;
// event log, call record and trace hold an x for each.
#include <errno.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "control/config/step.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

// Out of a flow nobody waits for digits: they are listened for to be counted.
static void listen(struct call *c)
{
	if (c->state != CALL_FLOW)
		media_listen(party_voice(&c->first), c->masked);
}

static void set(struct call *c, const char *by)
{
	bool wanted = c->masked_step || c->masked_operator;
	if (wanted == c->masked)
		return;
	c->masked = wanted;
	leg_mask(c->first.leg, wanted);
	listen(c);
	story_masked(c, by, NULL);
}

void call_mask_step(struct call *c, const struct config_step *step)
{
	c->masked_step = step->kind->masks != NULL && step->kind->masks(step);
	set(c, "flow");
}

void call_mask_talk(struct call *c)
{
	if (c->masked)
		listen(c);
}

struct call_verdict call_mask_refused(struct call *c, const struct call_fact *f)
{
	if (!c->masked)
		return CALL_STAYS;
	log_error("not masked: call=%s why=too many calls are masked", c->id_text);
	c->masked = c->masked_step = c->masked_operator = false;
	leg_mask(c->first.leg, false);
	listen(c);
	story_masked(c, "system", "too many calls are masked");
	return CALL_STAYS;
}

void call_digit_keep(struct call *c, const struct call_fact *f)
{
	char digit = c->masked ? CALL_MASKED_DIGIT : f->leg->digit;
	pressed_add(c->record.digits, digit);
	story_digit(c, digit, f->leg->sources);
}

struct call_verdict call_mask_digit(struct call *c, const struct call_fact *f)
{
	if (c->masked) // else it was pressed just before
		call_digit_keep(c, f);
	return CALL_STAYS;
}

int call_mask(struct calls *cs, const struct callid *id, bool on)
{
	struct call *c = call_by_id(cs, id);
	if (c == NULL)
		return -ENOENT;
	if (c->state != CALL_FLOW && c->state != CALL_WAITING && c->state != CALL_TALKING &&
		c->state != CALL_CONFERENCE)
		return -EAGAIN;
	c->masked_operator = on;
	set(c, "operator");
	return 0;
}
