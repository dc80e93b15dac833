// The queue as a call's owner: music, offers to agents one after the other, the way out.
#include <errno.h>
#include <string.h>

#include "control/call/call_private.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

#define REMOVED_WAIT_MS 1000 // of who comes to a queue that a reload has removed

// What a waiting caller hears.
static void entertain(struct call *c)
{
	static const enum tone_id tones[] = {
		[RINGBACK_E180] = TONE_E180_RINGBACK,
		[RINGBACK_CN] = TONE_CN_RINGBACK,
		[RINGBACK_US] = TONE_US_RINGBACK,
	};
	struct hearing h = {0};
	if (c->queue->music != UINT32_MAX) {
		h.sound = SOUND_MUSIC;
		h.music = call_prompt_id(c, c->queue->music);
	} else if (c->queue->ringback != RINGBACK_NONE) {
		h.sound = SOUND_TONE;
		h.tone = tones[c->queue->ringback];
	}
	hear(leg_ear(c->caller), &h);
}

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

void call_queue_join(struct call *c, const struct call_fact *f)
{
	c->state = CALL_WAITING;
	c->leaves = NULL;
	c->queue = f->step->queue;
	c->queue_step = f->step;
	str_copy(c->record.queue, sizeof(c->record.queue), c->queue->name);
	story_queued(c);
	media_listen(leg_voice(c->caller), false);
	entertain(c);
	floor_join(c->calls->floor, &c->wait, c->queue);
	wait_limit(c);
}

// Out of the queue without an agent, and on with the flow.
static void leave(struct call *c, enum router_why why, const char *text)
{
	uint64_t waited_ms = timers_now_ms(c->calls->timers) - c->wait.since_ms;
	timer_cancel(&c->timer);
	c->record.waited_ms += waited_ms;
	story_dequeued(c, text, waited_ms);
	if (why == WHY_NONE)
		floor_refused(c->calls->floor, &c->wait);
	else
		floor_leave(c->calls->floor, &c->wait, why);
	call_flow_go(c, c->queue_step->next);
}

void call_queue_refused(struct call *c, const struct call_fact *f)
{
	if (f->message->ticket != c->wait.ticket)
		return; // of a queue that it has left since
	leave(c, WHY_NONE, f->message->error == -ENOSPC ? "full" : "refused");
}

// An agent's phone rings: that is the best that can come. Else it leaves, for the reason that
// holds.
static void leave_unless_it_rings(struct call *c)
{
	enum router_why why = floor_queue_removed(&c->wait) ? WHY_REMOVED : WHY_TIME_OVER;
	c->leaves = why == WHY_REMOVED ? "queue-removed" : "timeout";
	if (c->offer == NULL)
		leave(c, why, c->leaves);
}

void call_queue_wait_over(struct call *c, const struct call_fact *f)
{
	if (floor_queue_removed(&c->wait) || wait_left_ms(c) == 0)
		leave_unless_it_rings(c);
	else
		wait_limit(c); // the queue is back
}

// --- offers ---

// The router offers a caller that does not wait (any more): both shall be free of it.
void call_queue_decline(struct call *c, const struct call_fact *f)
{
	floor_forget(c->calls->floor, c->key);
	floor_over(c->calls->floor, f->message->offer, WHY_CALLER_GONE);
}

void call_queue_offer(struct call *c, const struct call_fact *f)
{
	const struct router_message *m = f->message;
	// For a place that it has left, it may be in the same queue.
	if (c->offer != NULL || c->wait.queue == NULL || m->ticket != c->wait.ticket) {
		floor_over(c->calls->floor, m->offer, c->offer ? WHY_FAILED : WHY_CALLER_GONE);
		return;
	}
	struct offer_request q = {
		.timers = c->calls->timers,
		.media = c->calls->media,
		.floor = c->calls->floor,
		.ua = c->calls->ua,
		.message = m,
		.caller = c->caller,
		.target = {.caller = c->record.caller,
			.caller_name = c->record.caller_name,
			.hidden = call_record_hides(&c->record),
			.queue = c->queue->name,
			.call = c->id_text,
			.codec = leg_codec(c->caller)},
		.answer_prompt = call_prompt_id(c, c->queue->answer_prompt),
		.h = c->calls->entrance->offer,
		.arg = c,
		.surprises = &c->calls->counts.surprises,
	};
	story_offered(c, m);
	int err = offer_new(&q, &c->offer);
	if (err == 0)
		return;
	story_offer_ended(c, m->agent, WHY_FAILED, 0);
	log_warn("offer failed: call=%s agent=%s error=%d", c->id_text,
		floor_agent_name(c->calls->floor, m->agent), err);
}

void call_queue_offer_over(struct call *c, const struct call_fact *f)
{
	story_offer_ended(c, offer_agent_id(c->offer), offer_why(c->offer), offer_status(c->offer));
	c->offer = NULL;
	if (c->leaves != NULL && c->state == CALL_WAITING)
		call_queue_wait_over(c, f); // before the router hears of the failed offer
}

// The router has given the agent up; the caller has its place, the leg ends on its own.
void call_queue_lapsed(struct call *c, const struct call_fact *f)
{
	struct offer *o = c->offer;
	if (o == NULL || offer_number(o) != f->message->offer)
		return;
	offer_abandon(o, WHY_LAPSED);
	call_queue_offer_over(c, f);
}

// The conversation has lasted: the place in the queue is given up.
void call_queue_settle(struct call *c)
{
	timer_cancel(&c->timer);
	if (c->wait.keeps != NULL)
		floor_connected(c->calls->floor, &c->wait, offer_number(c->offer));
}

void call_queue_lasts(struct call *c, const struct call_fact *f)
{
	call_queue_settle(c);
}

void call_queue_connect(struct call *c, const struct call_fact *f)
{
	timer_cancel(&c->timer);
	c->record.waited_ms += timers_now_ms(c->calls->timers) - c->wait.since_ms;
	c->record.connected = call_time_ns(c);
	str_copy(c->record.agent, sizeof(c->record.agent),
		floor_agent_name(c->calls->floor, offer_agent_id(c->offer)));
	c->state = CALL_TALKING;
	c->connected_ms = timers_now_ms(c->calls->timers);
	c->calls->counts.connected++;
	story_dequeued(c, "connected", c->connected_ms - c->wait.since_ms);
	floor_answered(c->calls->floor, &c->wait, offer_number(c->offer));
	offer_connected(c->offer);
	story_connected(c);
	if (c->queue->short_call_ms > 0)
		call_timer_start(c, c->queue->short_call_ms);
	else
		call_queue_settle(c);
	call_talk_begin(c);
}

// The agent answered and hung up at once: the caller waits on where it stood. The router gives it
// its place when it hears of the offer's end.
void call_queue_back(struct call *c)
{
	struct call_record *r = &c->record;
	size_t len = strnlen(r->dropped_by, sizeof(r->dropped_by));
	str_format(
		r->dropped_by + len, sizeof(r->dropped_by) - len, "%s%s", len ? "," : "", r->agent);
	offer_blame(c->offer, WHY_HUNG_UP);
	story_offer_ended(c, offer_agent_id(c->offer), WHY_HUNG_UP, 0);
	recording_part(c);
	call_talk_part(c);
	call_monitor_over(c, "call-ended");
	timer_cancel(&c->timer);
	c->offer = NULL;
	c->state = CALL_WAITING;
	r->connected = 0;
	r->agent[0] = '\0';
	r->waited_ms -= c->wait.waited_ms;
	c->leaves = NULL;
	floor_back(&c->wait);
	story_queued_again(c);
	entertain(c);
	wait_limit(c);
}
