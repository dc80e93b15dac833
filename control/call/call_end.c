// A call's end, from any side at every moment: one record, everything let go.
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

static void leave_queue(struct call *c, const struct call_verdict *end)
{
	if (c->wait.queue == NULL)
		return;
	bool caller = str_equal(end->by, "caller") || str_equal(end->by, "called");
	uint64_t waited_ms = timers_now_ms(c->calls->timers) - c->wait.since_ms;
	c->record.waited_ms += waited_ms;
	story_dequeued(c, caller ? "abandoned" : end->why, waited_ms);
	floor_leave(c->calls->floor, &c->wait, caller ? WHY_CALLER_GONE : WHY_FAILED);
}

static void record_close(struct call *c, const struct call_verdict *end)
{
	struct call_record *r = &c->record;
	str_copy(r->why, sizeof(r->why), end->why);
	str_copy(r->by, sizeof(r->by), end->by);
	str_copy(r->where, sizeof(r->where), call_where(c));
	r->ended = call_time_ns(c);
	r->total_ms = timers_now_ms(c->calls->timers) - c->began_ms;
	r->status = end->status ? end->status : r->answered ? 200 : 0;
	if (c->state == CALL_TALKING)
		r->talked_ms = timers_now_ms(c->calls->timers) - c->connected_ms;
}

static void part(struct call *c)
{
	dlist_for_each (it, &c->parties.list)
		container_of(it, struct call_party, link)->stage = PARTY_GOING;
	call_hear(c);
}

// All that the call has of others is given back; who it was about is still there.
struct call_verdict call_end_before(struct call *c, const struct call_verdict *end)
{
	record_close(c, end);
	leave_queue(c, end);
	ivr_stop(&c->ivr);
	timer_cancel(&c->timer);
	recording_stop(c);
	if (c->state == CALL_TALKING) {
		call_queue_settle(c);
		part(c);
		story_segment(c, c->record.agent, end->why);
	}
	call_monitor_over(c, "call-ended");
	call_conference_leave(c, end->why);
	return CALL_STAYS;
}

static void let_agents_go(struct call *c, const struct call_verdict *end)
{
	if (call_desk(c) != NULL) {
		desk_let_go(c, end);
		return;
	}
	bool talked = c->record.connected != 0;
	for (struct call_party *p = party_of(&c->parties, PARTY_AGENT); p != NULL;
		p = party_after(p)) {
		struct offer *o = offer_of(p);
		offer_cancel(o, talked ? WHY_TALKED : WHY_CALLER_GONE);
		if (!talked)
			story_offer_ended(c, offer_agent_id(o), offer_why(o), 0);
	}
}

struct call_verdict call_end_enter(struct call *c, const struct call_verdict *end)
{
	c->calls->counts.ended++;
	if (c->out == NULL && !c->record.answered && c->record.status >= 400 &&
		str_equal(end->by, "system"))
		c->calls->counts.refused++; // late
	call_leave_trunk(c);
	let_agents_go(c, end);
	c->first.stage = PARTY_GOING;
	if (end->party == &c->first)
		c->first.leg = NULL;
	else
		leg_reject(c->first.leg, c->out ? 0 : end->status, end->why);
	story_ended(c);
	log_info("call ended: call=%s why=%s by=%s where=%s", c->id_text, end->why, end->by,
		c->record.where);
	if (end->party != NULL)
		party_leave(end->party);
	return (struct call_verdict){.move = c->parties.count == 0 ? CALL_BURY : CALL_STAY};
}

struct call_verdict call_end_bury(struct call *c, const struct call_verdict *v)
{
	call_bury(c);
	return CALL_STAYS;
}

static struct call_verdict end(const char *why, const char *by, uint16_t status)
{
	return (struct call_verdict){.move = CALL_END, .why = why, .by = by, .status = status};
}

struct call_verdict call_open_failed(struct call *c, const struct call_fact *f)
{
	log_warn("no voice: call=%s error=%s", c->id_text, strerror(-f->leg->error));
	return end("no-media", "system", 503);
}

struct call_verdict call_caller_gone(struct call *c, const struct call_fact *f)
{
	static const struct call_verdict ends[] = {
		[UA_END_BYE] = {.why = "caller-hangup", .by = "caller"},
		[UA_END_CANCEL] = {.why = "caller-cancelled", .by = "caller", .status = 487},
		[UA_END_LOCAL] = {.why = "local", .by = "system"},
		[UA_END_REJECTED] = {.why = "rejected", .by = "caller"},
		[UA_END_REDIRECTED] = {.why = "rejected", .by = "caller"},
		[UA_END_TIMEOUT] = {.why = "caller-silent", .by = "system"},
		[UA_END_EXPIRED] = {.why = "session-expired", .by = "system"},
		[UA_END_MEDIA] = {.why = "offer-not-met", .by = "system", .status = 488},
		[UA_END_ERROR] = {.why = "sip-error", .by = "system"},
	};
	struct call_verdict v = ends[f->leg->end];
	v.move = CALL_END;
	if (c->out != NULL && f->leg->end == UA_END_BYE)
		v.why = "called-hangup", v.by = "called";
	if (c->record.answered)
		v.status = 0; // what the caller saw is our 200, whatever ended the call after it
	else if (f->leg->status && v.status == 0)
		v.status = f->leg->status;
	v.party = f->party;
	return v;
}

struct call_verdict call_caller_lost(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_MEDIA_LOST, "caller");
	return end("caller-rtp-lost", "caller", 0);
}

struct call_verdict call_agent_gone(struct call *c, const struct call_fact *f)
{
	if (call_desk(c) != NULL)
		return desk_gone(c, f);
	const struct offer *o = offer_of(f->party);
	struct call_verdict v = end("agent-hangup", "agent", 0);
	v.party = f->party;
	if (c->wait.keeps != NULL)
		v.move = CALL_BACK;
	else if (offer_leg_end(o) == UA_END_TIMEOUT)
		v.why = "agent-silent", v.by = "system";
	else if (offer_leg_end(o) == UA_END_EXPIRED)
		v.why = "session-expired", v.by = "system";
	else if (offer_why(o) != WHY_TALKED) // its phone fell silent in the middle of a request
		v.why = router_why_name(offer_why(o));
	return v;
}

struct call_verdict call_agent_lost(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_MEDIA_LOST, "agent");
	return end("agent-rtp-lost", "agent", 0);
}

// Cannot be while the lease is renewed: the agent is no longer this call's.
struct call_verdict call_agent_lapsed(struct call *c, const struct call_fact *f)
{
	if (call_offer(c, f->message->offer) == NULL)
		return CALL_STAYS;
	log_error("conversation lost its agent: call=%s", c->id_text);
	floor_forget(c->calls->floor, c->key);
	return end("lease-lapsed", "system", 0);
}

struct call_verdict call_media_failed(struct call *c, const struct call_fact *f)
{
	return end("media-failed", "system", 0);
}

struct call_verdict call_hung_up(struct call *c, const struct call_fact *f)
{
	return end(f->why, f->by, c->state == CALL_OPENING ? 503 : 0);
}

// --- it has ended: its legs go ---

struct call_verdict call_bury_party(struct call *c, const struct call_fact *f)
{
	if (f->party == &c->first)
		c->first.leg = NULL;
	party_leave(f->party);
	return (struct call_verdict){.move = c->parties.count == 0 ? CALL_BURY : CALL_STAY};
}
