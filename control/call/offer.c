// An offer: one agent's phone, called for one caller.
#include "control/call/offer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/base/timer.h"
#include "engine/base/log.h"

LOG_TOPIC("offer");

enum offer_state {
	STATE_OPENING, // the agent's voice
	STATE_CALLING,
	STATE_PROMPT, // answered: hears who comes
	STATE_READY,  // may be bridged
	STATE_TALKING,
	STATE_ENDING,
	STATES,
};

struct offer {
	enum offer_state state;
	struct leg *leg;
	struct offer_request q;
	uint64_t number;
	uint32_t agent;
	unsigned ring_ms;
	enum router_why why; // WHY_NONE: still alive
	uint16_t status;
	enum ua_end end; // of its leg, once gone
	bool rings;
	struct timer timer; // of ringing, then of renewing the lease
};

static void tell(struct offer *o, enum offer_kind kind)
{
	if (o->q.h != NULL)
		o->q.h(o, kind, o->q.arg);
}

void offer_cancel(struct offer *o, enum router_why why)
{
	if (o->state == STATE_ENDING)
		return;
	o->why = why;
	o->state = STATE_ENDING;
	timer_cancel(&o->timer);
	leg_hangup(o->leg, router_why_name(why));
}

void offer_abandon(struct offer *o, enum router_why why)
{
	offer_cancel(o, why);
	o->q.h = NULL;
}

static void ring_over(void *arg)
{
	offer_cancel(arg, WHY_NO_ANSWER);
}

static void renew(void *arg)
{
	struct offer *o = arg;
	floor_renew(o->q.floor, o->number);
	timer_start(o->q.timers, &o->timer, ROUTER_LEASE_TALK_MS / 3, renew, o);
}

// --- what the agent's leg says ---

static void ignore(struct offer *o, const struct leg_event *e)
{
}

static void opened(struct offer *o, const struct leg_event *e)
{
	struct ua_target target = o->q.target;
	target.agent = floor_agent_config(o->q.floor, o->agent); // a reload may have come between
	int err = target.agent == NULL ? -ENOENT : leg_call(o->leg, &target);
	if (err) { // no coder: no fault of the agent's
		offer_cancel(o, err == -ENOBUFS ? WHY_FAILED : WHY_UNREGISTERED);
		return;
	}
	o->state = STATE_CALLING;
	timer_start(o->q.timers, &o->timer, o->ring_ms, ring_over, o);
}

static void failed(struct offer *o, const struct leg_event *e)
{
	log_warn("no voice: call=%s what=%s error=%s", o->q.target.call, e->text,
		strerror(-e->error));
	offer_cancel(o, WHY_FAILED);
}

static void ringing(struct offer *o, const struct leg_event *e)
{
	if (o->rings)
		return;
	o->rings = true;
	tell(o, OFFER_RINGS);
}

static void ready(struct offer *o, const struct leg_event *e)
{
	timer_cancel(&o->timer);
	o->state = STATE_READY;
	tell(o, OFFER_READY);
}

static void prompt_late(void *arg)
{
	struct offer *o = arg;
	(*o->q.surprises)++;
	log_error("prompt's end was not told: call=%s agent=%s", o->q.target.call,
		floor_agent_name(o->q.floor, o->agent));
	hear_nothing(leg_ear(o->leg));
	ready(o, NULL);
}

static void up(struct offer *o, const struct leg_event *e)
{
	timer_cancel(&o->timer);
	if (o->q.answer_prompt == UINT32_MAX) {
		ready(o, e);
		return;
	}
	o->state = STATE_PROMPT;
	hear(leg_ear(o->leg), &(struct hearing){.prompts = true, .prompt = o->q.answer_prompt});
	timer_start(o->q.timers, &o->timer,
		media_prompt_ms(o->q.answer_prompt) + MEDIA_PLAYED_LATE_MS, prompt_late, o);
}

static void played(struct offer *o, const struct leg_event *e)
{
	tell(o, OFFER_PLAYED);
}

static void held(struct offer *o, const struct leg_event *e)
{
	tell(o, OFFER_HELD);
}

static void resumed(struct offer *o, const struct leg_event *e)
{
	tell(o, OFFER_RESUMED);
}

static void lost(struct offer *o, const struct leg_event *e)
{
	tell(o, OFFER_LOST);
}

static void lost_early(struct offer *o, const struct leg_event *e)
{
	offer_cancel(o, WHY_HUNG_UP); // hears the prompt and sends nothing: as good as gone
}

static void unmixed(struct offer *o, const struct leg_event *e)
{
	tell(o, OFFER_UNMIXED);
}

static void talk_failed(struct offer *o, const struct leg_event *e)
{
	tell(o, OFFER_FAILED);
}

static enum router_why why_of(const struct offer *o, const struct leg_event *e)
{
	if (o->state == STATE_TALKING)
		return WHY_TALKED;
	switch (e->end) {
	case UA_END_BYE:
		return WHY_HUNG_UP;
	case UA_END_REDIRECTED:
		return WHY_REDIRECTED;
	case UA_END_TIMEOUT:
		return WHY_NO_ANSWER;
	case UA_END_MEDIA: // an answer that cannot be used …
	case UA_END_ERROR: // … or kept to: the next one would be the same
		return WHY_UNUSABLE;
	case UA_END_REJECTED:
		if (e->status == 486 || e->status == 600)
			return WHY_BUSY;
		return e->status == 408 ? WHY_NO_ANSWER : WHY_REJECTED;
	default:
		return WHY_FAILED;
	}
}

static void gone(struct offer *o, const struct leg_event *e)
{
	if (o->why == WHY_NONE)
		o->why = why_of(o, e);
	o->status = e->status;
	o->end = e->end;
	o->state = STATE_ENDING;
	timer_cancel(&o->timer);
	// The owner first: what it says to the router (leave) shall be heard before.
	tell(o, OFFER_OVER);
	floor_over(o->q.floor, o->number, o->why);
	free(o);
}

typedef void offer_fn(struct offer *o, const struct leg_event *e);

// clang-format off
static offer_fn *const table[STATES][LEG_GONE + 1] = {
	[STATE_OPENING] = {
		[LEG_OPENED] = opened, [LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_CALLING] = {
		[LEG_RINGING] = ringing, [LEG_UP] = up, [LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_PROMPT] = {
		[LEG_HELD] = ignore, [LEG_RESUMED] = ignore, [LEG_DIGIT] = ignore,
		[LEG_PLAYED] = ready, [LEG_LOST] = lost_early, [LEG_FOUND] = ignore,
		[LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_READY] = { // for no longer than READY's handler
		[LEG_FAILED] = failed, [LEG_GONE] = gone,
	},
	[STATE_TALKING] = {
		[LEG_HELD] = held, [LEG_RESUMED] = resumed, [LEG_DIGIT] = ignore,
		[LEG_PLAYED] = played, [LEG_LOST] = lost, [LEG_FOUND] = ignore,
		[LEG_UNMIXED] = unmixed, [LEG_FAILED] = talk_failed, [LEG_GONE] = gone,
	},
	[STATE_ENDING] = {
		[LEG_GONE] = gone,
	},
};
// clang-format on

static void on_leg(struct leg *leg, const struct leg_event *e, void *arg)
{
	struct offer *o = arg;
	if (table[o->state][e->kind] == NULL) {
		(*o->q.surprises)++;
		log_debug("surprise: state=%d event=%d", o->state, e->kind);
		return;
	}
	table[o->state][e->kind](o, e);
}

int offer_new(const struct offer_request *q, struct offer **out)
{
	struct offer *o = calloc(1, sizeof(*o));
	const struct config_agent *agent = floor_agent_config(q->floor, q->message->agent);
	int err = o == NULL ? -ENOMEM : agent == NULL ? -ENOENT : 0;
	if (!err) {
		o->q = *q;
		o->q.message = NULL; // the caller's
		o->number = q->message->offer;
		o->agent = q->message->agent;
		o->ring_ms = q->message->decision.ring_ms;
		struct leg_owner owner = {
			.timers = q->timers, .h = on_leg, .arg = o, .surprises = q->surprises};
		err = leg_new_outgoing(agent->media, q->caller, &owner, &o->leg);
	}
	if (err) {
		floor_over(q->floor, q->message->offer, WHY_FAILED);
		free(o);
		return err;
	}
	*out = o;
	return 0;
}

void offer_connected(struct offer *o)
{
	o->state = STATE_TALKING;
	timer_start(o->q.timers, &o->timer, ROUTER_LEASE_TALK_MS / 3, renew, o);
}

void offer_blame(struct offer *o, enum router_why why)
{
	o->why = why;
}

uint64_t offer_number(const struct offer *o)
{
	return o->number;
}

uint32_t offer_agent_id(const struct offer *o)
{
	return o->agent;
}

enum router_why offer_why(const struct offer *o)
{
	return o->why;
}

uint16_t offer_status(const struct offer *o)
{
	return o->status;
}

enum ua_end offer_leg_end(const struct offer *o)
{
	return o->end;
}

bool offer_answered(const struct offer *o)
{
	return o->state >= STATE_PROMPT && o->state < STATE_ENDING;
}

bool offer_rings(const struct offer *o)
{
	return o->rings && o->state == STATE_CALLING;
}

bool offer_holds(const struct offer *o)
{
	return leg_holds(o->leg);
}

struct hearer *offer_ear(struct offer *o)
{
	return leg_ear(o->leg);
}

int offer_untapped(struct offer *o)
{
	return leg_untapped(o->leg);
}

struct media_voice *offer_voice(const struct offer *o)
{
	return leg_voice(o->leg);
}

const char *offer_sip_call_id(const struct offer *o)
{
	return leg_sip_call_id(o->leg);
}
