// What reaches a call from outside: an INVITE, its legs, its timer, its flow, the event log, the
// router and the operator, each as an input of its machine.
#include <errno.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"

// A log that cannot be written (disk full) delays no caller for longer.
#define WRITE_PATIENCE_MS 500

static void on_first_leg(struct leg *leg, const struct leg_event *e, void *arg)
{
	static const enum call_input inputs[] = {
		[LEG_OPENED] = CALL_CALLER_OPENED,
		[LEG_RINGING] = CALL_CALLER_RINGS,
		[LEG_UP] = CALL_CALLER_UP,
		[LEG_HELD] = CALL_CALLER_HELD,
		[LEG_RESUMED] = CALL_CALLER_RESUMED,
		[LEG_DIGIT] = CALL_CALLER_DIGIT,
		[LEG_PLAYED] = CALL_CALLER_PLAYED,
		[LEG_LOST] = CALL_CALLER_LOST,
		[LEG_FOUND] = CALL_CALLER_FOUND,
		[LEG_FAILED] = CALL_CALLER_FAILED,
		[LEG_UNMASKED] = CALL_CALLER_UNMASKED,
		[LEG_UNMIXED] = CALL_CALLER_UNMIXED,
		[LEG_GONE] = CALL_CALLER_GONE,
	};
	struct call_party *p = arg;
	struct call_fact f = {.party = p, .leg = e};
	if (e->kind == LEG_UP)
		p->stage = PARTY_THERE;
	call_input(party_call(p), inputs[e->kind], &f);
}

static void on_offer(struct offer *o, enum offer_kind kind, void *arg)
{
	static const enum call_input inputs[] = {
		[OFFER_RINGS] = CALL_AGENT_RINGS,
		[OFFER_READY] = CALL_AGENT_READY,
		[OFFER_PLAYED] = CALL_AGENT_PLAYED,
		[OFFER_HELD] = CALL_AGENT_HELD,
		[OFFER_RESUMED] = CALL_AGENT_RESUMED,
		[OFFER_LOST] = CALL_AGENT_LOST,
		[OFFER_UNMIXED] = CALL_AGENT_UNMIXED,
		[OFFER_FAILED] = CALL_AGENT_FAILED,
		[OFFER_OVER] = CALL_AGENT_OVER,
	};
	struct call_fact f = {.party = offer_party(o)};
	call_input(arg, inputs[kind], &f);
}

static void on_desk(struct leg *leg, const struct leg_event *e, void *arg)
{
	static const enum call_input inputs[] = {
		[LEG_OPENED] = CALL_AGENT_OPENED,
		[LEG_RINGING] = CALL_AGENT_RINGS,
		[LEG_UP] = CALL_AGENT_READY,
		[LEG_HELD] = CALL_AGENT_HELD,
		[LEG_RESUMED] = CALL_AGENT_RESUMED,
		[LEG_PLAYED] = CALL_AGENT_PLAYED,
		[LEG_LOST] = CALL_AGENT_LOST,
		[LEG_FAILED] = CALL_AGENT_FAILED,
		[LEG_UNMIXED] = CALL_AGENT_UNMIXED,
		[LEG_GONE] = CALL_AGENT_OVER,
	};
	struct call_party *p = arg;
	struct call_fact f = {.party = p, .leg = e};
	struct call *c = party_call(p);
	if (e->kind == LEG_DIGIT || e->kind == LEG_FOUND || e->kind == LEG_UNMASKED)
		return; // as of any agent: it is not listened to
	if (e->kind == LEG_GONE)
		desk_over(c);
	call_input(c, inputs[e->kind], &f);
	if (e->kind == LEG_GONE)
		p->leg = NULL;
}

static void on_supervisor(struct call_party *p, enum call_input in, const char *why)
{
	struct call_fact f = {.party = p, .why = why};
	call_input(party_call(p), in, &f);
}

static void on_timer(void *arg)
{
	call_input(arg, CALL_TIMER, NULL);
}

static void on_written(uint64_t sequence, void *arg)
{
	struct call *c = arg;
	c->log_owes = false;
	call_input(c, CALL_WRITTEN, NULL);
}

// --- the flow: in the middle of an action, or by a timer of its own ---

static void flow_says(struct call *c, struct call_verdict v)
{
	struct call_fact f = {.verdict = &v};
	if (c->acting)
		c->flow_said = v;
	else
		call_input(c, CALL_FLOW_SAYS, &f);
}

static void on_queue(const struct config_step *step, void *call)
{
	flow_says(call, (struct call_verdict){.move = CALL_QUEUE, .step = step});
}

static void on_conference(const struct config_step *step, void *call)
{
	flow_says(call, (struct call_verdict){.move = CALL_TO_CONFERENCE, .step = step});
}

static void on_end(const char *why, void *call)
{
	flow_says(call, (struct call_verdict){.move = CALL_END, .why = why, .by = "system"});
}

static const struct ivr_handlers flow_handlers = {
	.play = call_flow_play,
	.step = call_flow_step,
	.queue = on_queue,
	.conference = on_conference,
	.end = on_end,
	.holds = call_flow_holds,
	.late = call_flow_late,
	.owns = call_flow_owns,
	.ask = call_flow_ask,
	.fact = call_flow_fact,
	.set = call_flow_set,
};

// --- a caller ---

static struct leg_owner first_leg(struct call *c)
{
	return (struct leg_owner){.timers = c->calls->timers,
		.media = c->calls->media,
		.h = on_first_leg,
		.arg = &c->first,
		.surprises = &c->calls->counts.surprises};
}

static struct leg_owner desk_leg(struct call *c)
{
	struct leg_owner owner = first_leg(c);
	owner.h = on_desk;
	owner.arg = &c->out->desk.party;
	return owner;
}

static void begun(struct call *c, uint64_t sequence)
{
	c->calls->counts.started++;
	call_timer_start(c, WRITE_PATIENCE_MS);
	c->log_owes = true;
	if (eventlog_when_written(c->calls->log, sequence, on_written, c) != 0)
		c->log_owes = false; // our patience will do
}

const struct call_entrance call_entrance = {.timer = on_timer,
	.first_leg = first_leg,
	.desk_leg = desk_leg,
	.begun = begun,
	.flow = &flow_handlers,
	.hear = call_hear,
	.offer = on_offer,
	.supervisor = on_supervisor};

static void identify(struct call *c, const struct ua_incoming *in)
{
	const struct config_number *n = call_identify(&c->record, c->config, in);
	if (in->trunk != NULL)
		call_take_trunk(c, in->trunk);
	if (n == NULL)
		return;
	call_flow_bind(c, n->flow);
	c->record_whole = n->record;
}

// Why the call cannot be taken; status 0: it can.
static struct ua_refusal refusal(const struct call *c, const struct ua_incoming *in)
{
	if (c->calls->draining)
		return (struct ua_refusal){"draining", 503};
	if (in->trunk && c->trunk && in->trunk->calls_max > 0 &&
		c->trunk->calls > in->trunk->calls_max)
		return (struct ua_refusal){"trunk-full", 503};
	if (c->ivr.flow == NULL)
		return (struct ua_refusal){"no-such-number", 404};
	return (struct ua_refusal){"flow-refused", ivr_refusal(c->ivr.flow)};
}

static struct ua_refusal take(struct call *c, struct ua_leg *ua, const struct ua_incoming *in)
{
	struct ua_refusal why = refusal(c, in);
	struct leg_owner owner = first_leg(c);
	struct media_place at = {
		.media = in->trunk ? in->trunk->media : in->agent->media, .codec = in->codec};
	if (why.status == 0 && leg_new_incoming(ua, &at, &owner, &c->first.leg) != 0)
		why = (struct ua_refusal){"no-media", 503};
	return why;
}

void call_incoming(struct ua_leg *ua, const struct ua_incoming *in, void *arg)
{
	struct calls *cs = arg;
	struct call *c = call_new(cs);
	if (c == NULL) {
		cs->counts.refused++; // without a record: there is no memory for one
		ua_reject(ua, 503, "No memory");
		return;
	}
	identify(c, in);
	struct ua_refusal why = call_dials(c, in) ? call_dial(c, ua, in) : take(c, ua, in);
	if (why.status != 0) {
		call_refuse(c, ua, in, &why);
		call_unmake(c);
		return;
	}
	begun(c, story_started(c, in));
}

// --- the router and the operator ---

void call_on_router(const struct router_message *m, void *arg)
{
	struct calls *cs = arg;
	struct call *c = call_get(cs, m->call);
	struct call_fact f = {.message = m};
	if (c == NULL) {
		if (m->kind == ROUTER_OFFER) {
			floor_forget(cs->floor, m->call);
			floor_over(cs->floor, m->offer, WHY_CALLER_GONE);
		}
		return;
	}
	if (m->kind == ROUTER_OFFER)
		call_input(c, CALL_OFFER, &f);
	else if (m->kind == ROUTER_LAPSED)
		call_input(c, CALL_LAPSED, &f);
	else if (m->kind == ROUTER_WIDENED)
		floor_widened(&c->wait, m);
	else if (m->error)
		call_input(c, CALL_REFUSED, &f); // DONE of JOIN
}

int call_hangup(struct calls *cs, const struct callid *id, const char *why)
{
	struct call_fact f = {.why = why, .by = "operator"};
	struct call *c = call_by_id(cs, id);
	if (c == NULL)
		return -ENOENT;
	call_input(c, CALL_HANGUP, &f);
	return 0;
}
