// An offer: one agent's phone, called for one caller.
#include "control/call/offer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/base/timer.h"
#include "engine/base/log.h"
#include "engine/base/machine.h"

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

enum offer_input { // what its leg says, in the order of enum leg_kind; then its owner and timers
	IN_LEG = LEG_OPENED,
	IN_CANCEL = LEG_GONE - IN_LEG + 1,
	IN_CONNECTED, // the conversation has begun
	IN_RING_OVER,
	IN_PROMPT_LATE,
	IN_RENEW, // the lease
	INPUTS,
};

union offer_fact {
	const struct leg_event *leg;
	enum router_why why; // CANCEL
};

struct offer {
	enum offer_state state;
	struct call_party party;
	struct offer_request q;
	uint64_t number;
	uint32_t agent;
	unsigned ring_ms;
	enum router_why why; // WHY_NONE: still alive
	uint16_t status;
	enum ua_end end; // of its leg, once gone
	struct floor_held held;
	struct timer timer; // of ringing, then of renewing the lease
};

static void offer_input(struct offer *o, unsigned in, union offer_fact f);

static void tell(struct offer *o, enum offer_kind kind)
{
	if (o->q.h != NULL)
		o->q.h(o, kind, o->q.arg);
}

static void end(struct offer *o, enum router_why why)
{
	o->why = why;
	o->party.stage = PARTY_GOING;
	timer_cancel(&o->timer);
	leg_hangup(o->party.leg, router_why_name(why));
}

static void ring_fired(void *arg)
{
	offer_input(arg, IN_RING_OVER, (union offer_fact){0});
}

static void prompt_fired(void *arg)
{
	offer_input(arg, IN_PROMPT_LATE, (union offer_fact){0});
}

static void renew_fired(void *arg)
{
	offer_input(arg, IN_RENEW, (union offer_fact){0});
}

// --- what the agent's leg says ---

static void opened(struct offer *o, union offer_fact f)
{
	struct ua_target target = o->q.target;
	target.agent = floor_agent_config(o->q.floor, o->agent); // a reload may have come between
	int err = target.agent == NULL ? -ENOENT : leg_call(o->party.leg, o->q.ua, &target);
	if (err) // no coder: no fault of the agent's
		offer_cancel(o, err == -ENOBUFS ? WHY_FAILED : WHY_UNREGISTERED);
	else
		timer_start(o->q.timers, &o->timer, o->ring_ms, ring_fired, o);
}

static void failed(struct offer *o, union offer_fact f)
{
	log_warn("no voice: call=%s what=%s error=%s", o->q.target.call, f.leg->text,
		strerror(-f.leg->error));
	end(o, WHY_FAILED);
}

static void ringing(struct offer *o, union offer_fact f)
{
	if (o->party.stage == PARTY_RINGING)
		return;
	o->party.stage = PARTY_RINGING;
	tell(o, OFFER_RINGS);
}

static void ready(struct offer *o, union offer_fact f)
{
	timer_cancel(&o->timer);
	tell(o, OFFER_READY);
}

static void prompt_late(struct offer *o, union offer_fact f)
{
	(*o->q.surprises)++;
	log_error("prompt's end was not told: call=%s agent=%s", o->q.target.call,
		floor_agent_name(o->q.floor, o->agent));
	party_hush(&o->party);
	ready(o, f);
}

static void up(struct offer *o, union offer_fact f)
{
	timer_cancel(&o->timer);
	o->party.stage = PARTY_UP;
	if (o->q.answer_prompt == UINT32_MAX) {
		offer_input(o, LEG_PLAYED - IN_LEG, f); // there is none: it is over
		return;
	}
	uint32_t prompt_ms = media_prompt_ms(o->q.media, o->q.answer_prompt);
	party_prompt(&o->party, o->q.answer_prompt, 0);
	floor_prompted(o->q.floor, o->number, prompt_ms);
	timer_start(o->q.timers, &o->timer, prompt_ms + MEDIA_PLAYED_LATE_MS, prompt_fired, o);
}

static void played(struct offer *o, union offer_fact f)
{
	tell(o, OFFER_PLAYED);
}

static void held(struct offer *o, union offer_fact f)
{
	tell(o, OFFER_HELD);
}

static void resumed(struct offer *o, union offer_fact f)
{
	tell(o, OFFER_RESUMED);
}

static void lost(struct offer *o, union offer_fact f)
{
	tell(o, OFFER_LOST);
}

static void lost_early(struct offer *o, union offer_fact f)
{
	end(o, WHY_HUNG_UP); // hears the prompt and sends nothing: as good as gone
}

static void unmixed(struct offer *o, union offer_fact f)
{
	tell(o, OFFER_UNMIXED);
}

static void talk_failed(struct offer *o, union offer_fact f)
{
	tell(o, OFFER_FAILED);
}

static enum router_why why_of(const struct leg_event *e)
{
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

static void gone(struct offer *o, union offer_fact f)
{
	if (o->why == WHY_NONE)
		o->why = why_of(f.leg);
	o->status = f.leg->status;
	o->end = f.leg->end;
	o->state = STATE_ENDING; // for its owner, who hears of it
	o->party.stage = PARTY_GOING;
	timer_cancel(&o->timer);
	// The owner first: what it says to the router (leave) shall be heard before.
	tell(o, OFFER_OVER);
	party_leave(&o->party);
	floor_let_go(o->q.floor, &o->held);
	floor_over(o->q.floor, o->number, o->why);
	free(o);
}

static void talked(struct offer *o, union offer_fact f)
{
	o->why = WHY_TALKED;
	gone(o, f);
}

// --- what its owner asks for, and what is late ---

static void cancel(struct offer *o, union offer_fact f)
{
	end(o, f.why);
}

static void no_answer(struct offer *o, union offer_fact f)
{
	end(o, WHY_NO_ANSWER);
}

static void keep(struct offer *o)
{
	timer_start(o->q.timers, &o->timer, ROUTER_LEASE_TALK_MS / 3, renew_fired, o);
}

static void connected(struct offer *o, union offer_fact f)
{
	o->party.stage = PARTY_THERE;
	keep(o);
}

static void renew(struct offer *o, union offer_fact f)
{
	floor_renew(o->q.floor, o->number);
	keep(o);
}

// --- the table ---

struct offer_cell {
	struct machine_cell cell;
	void (*act)(struct offer *o, union offer_fact f);
};

#define ON(kind) [kind - IN_LEG]

// Of an agent no digits are listened for. Before its leg is called that has no end but ours, and
// fails only for want of a voice; while it rings nothing is asked of the engine that could fail.
// clang-format off
static const struct offer_cell table[STATES][INPUTS] = {
	[STATE_OPENING] = {
		ON(LEG_OPENED) = GOES(STATE_CALLING, opened),
		ON(LEG_FAILED) = GOES(STATE_ENDING, failed),
		[IN_CANCEL] = GOES(STATE_ENDING, cancel),
	},
	[STATE_CALLING] = {
		ON(LEG_RINGING) = ACTS(ringing), ON(LEG_UP) = GOES(STATE_PROMPT, up),
		ON(LEG_GONE) = ENDS(gone), [IN_CANCEL] = GOES(STATE_ENDING, cancel),
		[IN_RING_OVER] = GOES(STATE_ENDING, no_answer),
	},
	[STATE_PROMPT] = {
		ON(LEG_HELD) = STAYS, ON(LEG_RESUMED) = STAYS,
		ON(LEG_PLAYED) = GOES(STATE_READY, ready),
		ON(LEG_LOST) = GOES(STATE_ENDING, lost_early), ON(LEG_FOUND) = STAYS,
		ON(LEG_FAILED) = GOES(STATE_ENDING, failed), ON(LEG_GONE) = ENDS(gone),
		[IN_CANCEL] = GOES(STATE_ENDING, cancel),
		[IN_PROMPT_LATE] = GOES(STATE_READY, prompt_late),
	},
	[STATE_READY] = { // for no longer than READY's handler, which connects it
		[IN_CONNECTED] = GOES(STATE_TALKING, connected),
	},
	[STATE_TALKING] = {
		ON(LEG_HELD) = ACTS(held), ON(LEG_RESUMED) = ACTS(resumed),
		ON(LEG_PLAYED) = ACTS(played), ON(LEG_LOST) = ACTS(lost), ON(LEG_FOUND) = STAYS,
		ON(LEG_UNMIXED) = ACTS(unmixed), ON(LEG_FAILED) = ACTS(talk_failed),
		ON(LEG_GONE) = ENDS(talked), [IN_CANCEL] = GOES(STATE_ENDING, cancel),
		[IN_RENEW] = ACTS(renew),
	},
	[STATE_ENDING] = {
		ON(LEG_GONE) = ENDS(gone), [IN_CANCEL] = STAYS,
	},
};
// clang-format on

static const char *const state_names[STATES] = {
	"opening", "calling", "prompt", "ready", "talking", "ending"};

static const char *const input_names[INPUTS] = {
	ON(LEG_OPENED) = "opened",
	ON(LEG_RINGING) = "ringing",
	ON(LEG_UP) = "up",
	ON(LEG_HELD) = "held",
	ON(LEG_RESUMED) = "resumed",
	ON(LEG_DIGIT) = "digit",
	ON(LEG_PLAYED) = "played",
	ON(LEG_LOST) = "lost",
	ON(LEG_FOUND) = "found",
	ON(LEG_UNMASKED) = "unmasked",
	ON(LEG_UNMIXED) = "unmixed",
	ON(LEG_FAILED) = "failed",
	ON(LEG_GONE) = "gone",
	[IN_CANCEL] = "cancel",
	[IN_CONNECTED] = "connected",
	[IN_RING_OVER] = "ring over",
	[IN_PROMPT_LATE] = "prompt late",
	[IN_RENEW] = "renew",
};

const struct machine offer_machine = MACHINE("offer", table, state_names, input_names);

static void offer_input(struct offer *o, unsigned in, union offer_fact f)
{
	const struct offer_cell *c = &table[o->state][in];
	if (!machine_reach(&offer_machine, o->state, in)) {
		(*o->q.surprises)++;
		log_debug("surprise: state=%d event=%d", o->state, in + IN_LEG);
		return;
	}
	o->state = machine_next(&c->cell, o->state);
	if (c->act != NULL)
		c->act(o, f);
}

static void on_leg(struct leg *leg, const struct leg_event *e, void *arg)
{
	offer_input(arg, e->kind - IN_LEG, (union offer_fact){.leg = e});
}

// --- what its owner sees ---

void offer_cancel(struct offer *o, enum router_why why)
{
	offer_input(o, IN_CANCEL, (union offer_fact){.why = why});
}

void offer_abandon(struct offer *o, enum router_why why)
{
	offer_cancel(o, why);
	o->q.h = NULL;
	party_leave(&o->party);
}

// Near the caller's voice, which it will be bridged to.
static int offer_leg(struct offer *o, unsigned media)
{
	struct leg_owner owner = {.timers = o->q.timers,
		.media = o->q.media,
		.h = on_leg,
		.arg = o,
		.surprises = o->q.surprises};
	int err = leg_new_outgoing(media, o->q.near, &owner, &o->party.leg);
	if (err)
		party_leave(&o->party);
	return err;
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
		err = party_join(q->call, &o->party, PARTY_AGENT);
		if (!err)
			err = offer_leg(o, agent->media);
	}
	if (err) {
		floor_over(q->floor, q->message->offer, WHY_FAILED);
		free(o);
		return err;
	}
	floor_hold(q->floor, &o->held, o->number);
	*out = o;
	return 0;
}

void offer_connected(struct offer *o)
{
	offer_input(o, IN_CONNECTED, (union offer_fact){0});
}

void offer_blame(struct offer *o, enum router_why why)
{
	o->why = why;
}

struct offer *offer_of(const struct call_party *p)
{
	return container_of(p, struct offer, party);
}

struct call_party *offer_party(struct offer *o)
{
	return &o->party;
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

const char *offer_sip_call_id(const struct offer *o)
{
	return leg_sip_call_id(o->party.leg);
}
