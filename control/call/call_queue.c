// The queue as a call's owner: music, offers to agents one after the other, the way out.
#include <errno.h>
#include <string.h>

#include "control/call/call_private.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

#define REMOVED_WAIT_MS 1000 // of who comes to a queue that a reload has removed

// Since it joined; UINT64_MAX: for ever.
static uint64_t wait_left_ms(const struct call *c)
{
	uint64_t waited_ms = timers_now_ms(c->calls->timers) - c->wait.since_ms;
	uint64_t limit_ms = (uint64_t)c->queue->wait_max_s * 1000;
	if (limit_ms == 0)
		return UINT64_MAX;
	return limit_ms > waited_ms ? limit_ms - waited_ms : 0;
}

// Of a queue that is removed who is ready now may still take the call; then it goes on.
static void wait_limit(struct call *c)
{
	uint64_t left_ms = wait_left_ms(c);
	if (floor_queue_removed(&c->wait) && left_ms > REMOVED_WAIT_MS)
		left_ms = REMOVED_WAIT_MS;
	if (left_ms != UINT64_MAX)
		call_timer_start(c, left_ms);
}

void call_queue_strand(struct call *c, uint32_t in_ms)
{
	if (c->state == CALL_WAITING)
		call_timer_start(c, in_ms);
}

// What the queue asks of an agent, and the step that led here.
static void join(struct call *c)
{
	const struct config_step *s = c->queue_step;
	struct floor_asks asks = {.skills = &s->skills};
	if (!call_record_hides(&c->record))
		asks.number = call_far_number(c);
	if (s->prefer != NULL)
		asks.prefer = s->prefer->name;
	else if (s->vary.name[0] != '\0')
		asks.prefer = ivr_vars_get(&c->ivr.vars, s->vary.name);
	c->wait.priority = s->priority;
	floor_join(c->calls->floor, &c->wait, c->queue, &asks);
	story_queued(c);
}

struct call_verdict call_queue_enter(struct call *c, const struct call_verdict *v)
{
	c->leaves = NULL;
	c->queue = v->step->queue;
	c->queue_step = v->step;
	str_copy(c->record.queue, sizeof(c->record.queue), c->queue->name);
	c->segment_ns = call_time_ns(c);
	media_listen(party_voice(&c->first), false);
	join(c);
	wait_limit(c);
	return CALL_STAYS;
}

// Out of the queue without an agent, and on with the flow.
static struct call_verdict leave(struct call *c, enum router_why why, const char *text)
{
	uint64_t waited_ms = timers_now_ms(c->calls->timers) - c->wait.since_ms;
	timer_cancel(&c->timer);
	c->record.waited_ms += waited_ms;
	story_dequeued(c, text, waited_ms);
	if (why == WHY_NONE)
		floor_refused(c->calls->floor, &c->wait);
	else
		floor_leave(c->calls->floor, &c->wait, why);
	return (struct call_verdict){.move = CALL_STEP, .at = c->queue_step->next};
}

struct call_verdict call_queue_refused(struct call *c, const struct call_fact *f)
{
	if (f->message->ticket != c->wait.ticket)
		return CALL_STAYS; // of a queue that it has left since
	return leave(c, WHY_NONE, f->message->error == -ENOSPC ? "full" : "refused");
}

// An agent's phone rings: that is the best that can come. Else it leaves, for the reason that
// holds.
static struct call_verdict leave_unless_it_rings(struct call *c)
{
	enum router_why why = floor_queue_removed(&c->wait) ? WHY_REMOVED : WHY_TIME_OVER;
	c->leaves = why == WHY_REMOVED ? "queue-removed" : "timeout";
	return party_of(&c->parties, PARTY_AGENT) == NULL ? leave(c, why, c->leaves) : CALL_STAYS;
}

struct call_verdict call_queue_wait_over(struct call *c, const struct call_fact *f)
{
	if (floor_queue_removed(&c->wait) || wait_left_ms(c) == 0)
		return leave_unless_it_rings(c);
	wait_limit(c); // the queue is back
	return CALL_STAYS;
}

// --- offers: one or several, of which the first that is ready wins ---

struct offer *call_offer(const struct call *c, uint64_t number)
{
	struct call_party *p = party_of(&c->parties, PARTY_AGENT);
	while (p != NULL && offer_number(offer_of(p)) != number)
		p = party_after(p);
	return p ? offer_of(p) : NULL;
}

// The router offers a caller that does not wait (any more): both shall be free of it.
struct call_verdict call_queue_decline(struct call *c, const struct call_fact *f)
{
	floor_forget(c->calls->floor, c->key);
	floor_over(c->calls->floor, f->message->offer, WHY_CALLER_GONE);
	return CALL_STAYS;
}

// One more was on its way when another one's phone was answered: the caller keeps its place.
struct call_verdict call_queue_taken(struct call *c, const struct call_fact *f)
{
	floor_over(c->calls->floor, f->message->offer, WHY_ELSEWHERE);
	return CALL_STAYS;
}

struct call_verdict call_queue_offer(struct call *c, const struct call_fact *f)
{
	const struct router_message *m = f->message;
	struct offer *offer;
	// It was on its way when the agent's phone began a call of its own.
	if (floor_own_calls(c->calls->floor, floor_agent_name(c->calls->floor, m->agent)) > 0) {
		floor_over(c->calls->floor, m->offer, WHY_OWN_CALL);
		return CALL_STAYS;
	}
	// For a place that it has left, it may be in the same queue.
	if (c->wait.queue == NULL || m->ticket != c->wait.ticket) {
		floor_over(c->calls->floor, m->offer, WHY_CALLER_GONE);
		return CALL_STAYS;
	}
	struct offer_request q = {
		.timers = c->calls->timers,
		.media = c->calls->media,
		.floor = c->calls->floor,
		.ua = c->calls->ua,
		.message = m,
		.call = &c->parties,
		.near = c->first.leg,
		.target = {.caller = call_far_number(c),
			.caller_name = c->record.caller_name,
			.hidden = call_record_hides(&c->record),
			.queue = c->queue->name,
			.call = c->id_text,
			.codec = leg_codec(c->first.leg)},
		.answer_prompt = call_prompt_id(c, c->queue->answer_prompt),
		.h = c->calls->entrance->offer,
		.arg = c,
		.surprises = &c->calls->counts.surprises,
	};
	story_offered(c, m);
	floor_offered(&c->wait);
	int err = offer_new(&q, &offer);
	if (err == 0)
		return CALL_STAYS;
	story_offer_ended(c, m->agent, WHY_FAILED, 0);
	log_warn("offer failed: call=%s agent=%s error=%d", c->id_text,
		floor_agent_name(c->calls->floor, m->agent), err);
	return CALL_STAYS;
}

static struct call_verdict offer_over(struct call *c, struct offer *o)
{
	story_offer_ended(c, offer_agent_id(o), offer_why(o), offer_status(o));
	floor_refusal(&c->wait, offer_agent_id(o), offer_why(o));
	// Before the router hears of the failed offer:
	return c->leaves != NULL ? call_queue_wait_over(c, NULL) : CALL_STAYS;
}

struct call_verdict call_queue_offer_over(struct call *c, const struct call_fact *f)
{
	party_leave(f->party);
	return offer_over(c, offer_of(f->party));
}

// The router has given the agent up; the caller has its place, the leg ends on its own.
struct call_verdict call_queue_lapsed(struct call *c, const struct call_fact *f)
{
	struct offer *o = call_offer(c, f->message->offer);
	if (o == NULL)
		return CALL_STAYS;
	offer_abandon(o, WHY_LAPSED);
	return offer_over(c, o);
}

void call_queue_withdraw(struct calls *cs, const char *agent, enum router_why why)
{
	struct floor_agent_info info;
	if (!floor_agent_find(cs->floor, agent, &info) || info.state != AGENT_OFFERED)
		return;
	struct call *c = call_get(cs, info.call);
	if (c == NULL || c->state != CALL_WAITING)
		return;
	struct call_party *p = party_of(&c->parties, PARTY_AGENT);
	while (p != NULL && offer_agent_id(offer_of(p)) != info.id)
		p = party_after(p);
	if (p != NULL && (why == WHY_UNREGISTERED || !offer_answered(offer_of(p))))
		offer_cancel(offer_of(p), why);
}

// --- the conversation's beginning, and the way back ---

// The conversation has lasted, or is over: the place in the queue is given up.
void call_queue_settle(struct call *c)
{
	struct call_party *agent = party_of(&c->parties, PARTY_AGENT);
	timer_cancel(&c->timer);
	if (c->wait.keeps != NULL && agent != NULL)
		floor_connected(c->calls->floor, &c->wait, offer_number(offer_of(agent)));
	if (c->queue != NULL && agent != NULL && !call_record_hides(&c->record))
		floor_talked(c->calls->floor, c->queue, call_far_number(c),
			offer_agent_id(offer_of(agent)));
}

struct call_verdict call_queue_lasts(struct call *c, const struct call_fact *f)
{
	call_queue_settle(c);
	return CALL_STAYS;
}

struct call_verdict call_queue_connect(struct call *c, const struct call_fact *f)
{
	return (struct call_verdict){.move = CALL_TALK, .party = f->party};
}

// Who else was called for it is let go at once; what its phone still says finds nobody.
static void let_others_go(struct call *c, const struct call_party *winner)
{
	struct call_party *next;
	for (struct call_party *p = party_of(&c->parties, PARTY_AGENT); p != NULL; p = next) {
		next = party_after(p);
		if (p == winner)
			continue;
		struct offer *o = offer_of(p);
		offer_abandon(o, WHY_ELSEWHERE);
		story_offer_ended(c, offer_agent_id(o), offer_why(o), offer_status(o));
	}
}

struct call_verdict call_talk_enter(struct call *c, const struct call_verdict *v)
{
	struct offer *o = offer_of(v->party);
	let_others_go(c, v->party);
	timer_cancel(&c->timer);
	c->record.waited_ms += timers_now_ms(c->calls->timers) - c->wait.since_ms;
	c->record.connected = call_time_ns(c);
	str_copy(c->record.agent, sizeof(c->record.agent),
		floor_agent_name(c->calls->floor, offer_agent_id(o)));
	c->unit = floor_agent_unit(c->calls->floor, c->record.agent);
	c->connected_ms = timers_now_ms(c->calls->timers);
	c->calls->counts.connected++;
	story_dequeued(c, "connected", c->connected_ms - c->wait.since_ms);
	floor_answered(c->calls->floor, &c->wait, offer_number(o));
	offer_connected(o);
	c->segment_ns = c->record.connected;
	call_holds_begin(c);
	story_connected(c, offer_sip_call_id(o));
	if (c->queue->short_call_ms > 0)
		call_timer_start(c, c->queue->short_call_ms);
	else
		call_queue_settle(c);
	call_talk_begin(c, v->party);
	return CALL_STAYS;
}

// The agent answered and hung up at once: the caller waits on where it stood. The router gives it
// its place when it hears of the offer's end.
struct call_verdict call_queue_back_before(struct call *c, const struct call_verdict *v)
{
	struct call_record *r = &c->record;
	struct offer *o = offer_of(v->party);
	size_t len = strnlen(r->dropped_by, sizeof(r->dropped_by));
	str_format(
		r->dropped_by + len, sizeof(r->dropped_by) - len, "%s%s", len ? "," : "", r->agent);
	offer_blame(o, WHY_HUNG_UP);
	story_segment(c, r->agent, router_why_name(WHY_HUNG_UP));
	story_offer_ended(c, offer_agent_id(o), WHY_HUNG_UP, 0);
	recording_part(c, v->party);
	call_monitor_over(c, "call-ended");
	timer_cancel(&c->timer);
	party_leave(v->party);
	r->connected = 0;
	r->agent[0] = '\0';
	c->unit = NULL;
	r->waited_ms -= c->wait.waited_ms;
	return CALL_STAYS;
}

struct call_verdict call_queue_back(struct call *c, const struct call_verdict *v)
{
	c->leaves = NULL;
	floor_back(&c->wait);
	c->segment_ns = call_time_ns(c);
	story_queued_again(c);
	wait_limit(c);
	return CALL_STAYS;
}
