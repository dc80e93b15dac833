// A call's end, from any side at every moment: one record, everything let go.
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

struct call_end {
	const char *why, *by;
	uint16_t status;  // to refuse with, or what the caller saw; 0: BYE
	bool caller_gone; // its leg is dead when the leg's handler returns
	bool agent_gone;  // so is the agent's
};

static void leave_queue(struct call *c, const struct call_end *end)
{
	if (c->wait.queue == NULL)
		return;
	bool caller = str_equal(end->by, "caller");
	uint64_t waited_ms = timers_now_ms(c->calls->timers) - c->wait.since_ms;
	c->record.waited_ms += waited_ms;
	story_dequeued(c, caller ? "abandoned" : end->why, waited_ms);
	floor_leave(c->calls->floor, &c->wait, caller ? WHY_CALLER_GONE : WHY_FAILED);
}

static void record_close(struct call *c, const struct call_end *end)
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

static void try_bury(struct call *c)
{
	if (c->caller == NULL && c->offer == NULL)
		call_bury(c);
}

static void end_call(struct call *c, const struct call_end *end)
{
	bool talking = c->state == CALL_TALKING, unanswered = c->state == CALL_OPENING;
	record_close(c, end);
	leave_queue(c, end);
	ivr_stop(&c->ivr);
	timer_cancel(&c->timer);
	recording_stop(c);
	if (talking) {
		call_queue_settle(c);
		call_talk_part(c);
	}
	call_monitor_over(c, "call-ended");
	call_conference_leave(c, end->why);
	if (end->caller_gone)
		c->caller = NULL;
	c->state = CALL_ENDED;
	c->calls->counts.ended++;
	if (!c->record.answered && c->record.status >= 400 && str_equal(end->by, "system"))
		c->calls->counts.refused++; // late
	call_leave_trunk(c);
	if (c->offer != NULL)
		offer_cancel(c->offer, talking ? WHY_TALKED : WHY_CALLER_GONE);
	if (c->offer != NULL && !talking)
		story_offer_ended(c, offer_agent_id(c->offer), offer_why(c->offer), 0);
	if (c->caller != NULL && unanswered && end->status)
		leg_reject(c->caller, end->status, end->why);
	else if (c->caller != NULL)
		leg_hangup(c->caller, end->why);
	story_ended(c);
	log_info("call ended: call=%s why=%s by=%s where=%s", c->id_text, end->why, end->by,
		c->record.where);
	if (end->agent_gone)
		c->offer = NULL;
	try_bury(c);
}

void call_open_failed(struct call *c, const struct call_fact *f)
{
	log_warn("no voice: call=%s error=%s", c->id_text, strerror(-f->leg->error));
	end_call(c, &(struct call_end){.why = "no-media", .by = "system", .status = 503});
}

void call_caller_gone(struct call *c, const struct call_fact *f)
{
	static const struct call_end ends[] = {
		[UA_END_BYE] = {"caller-hangup", "caller"},
		[UA_END_CANCEL] = {"caller-cancelled", "caller", .status = 487},
		[UA_END_LOCAL] = {"local", "system"},
		[UA_END_REJECTED] = {"rejected", "caller"},
		[UA_END_REDIRECTED] = {"rejected", "caller"},
		[UA_END_TIMEOUT] = {"caller-silent", "system"},
		[UA_END_MEDIA] = {"offer-not-met", "system", .status = 488},
		[UA_END_ERROR] = {"sip-error", "system"},
	};
	struct call_end end = ends[f->leg->end];
	if (c->record.answered)
		end.status = 0; // what the caller saw is our 200, whatever ended the call after it
	else if (f->leg->status && end.status == 0)
		end.status = f->leg->status;
	end.caller_gone = true;
	end_call(c, &end);
}

void call_caller_lost(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_MEDIA_LOST, "caller");
	end_call(c, &(struct call_end){.why = "caller-rtp-lost", .by = "caller"});
}

void call_agent_gone(struct call *c, const struct call_fact *f)
{
	struct call_end end = {.why = "agent-hangup", .by = "agent", .agent_gone = true};
	if (c->wait.keeps != NULL) {
		call_queue_back(c);
		return;
	}
	if (offer_leg_end(c->offer) == UA_END_TIMEOUT)
		end = (struct call_end){.why = "agent-silent", .by = "system", .agent_gone = true};
	else if (offer_why(c->offer) !=
		WHY_TALKED) // its phone fell silent in the middle of a request
		end.why = router_why_name(offer_why(c->offer));
	end_call(c, &end);
}

void call_agent_lost(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_MEDIA_LOST, "agent");
	end_call(c, &(struct call_end){.why = "agent-rtp-lost", .by = "agent"});
}

// Cannot be while the lease is renewed: the agent is no longer this call's.
void call_agent_lapsed(struct call *c, const struct call_fact *f)
{
	if (offer_number(c->offer) != f->message->offer)
		return;
	log_error("conversation lost its agent: call=%s", c->id_text);
	floor_forget(c->calls->floor, c->key);
	end_call(c, &(struct call_end){.why = "lease-lapsed", .by = "system"});
}

void call_media_failed(struct call *c, const struct call_fact *f)
{
	end_call(c, &(struct call_end){.why = "media-failed", .by = "system"});
}

void call_over(struct call *c, const struct call_fact *f)
{
	end_call(c, &(struct call_end){.why = f->why, .by = f->by});
}

void call_hung_up(struct call *c, const struct call_fact *f)
{
	end_call(c,
		&(struct call_end){
			.why = f->why, .by = f->by, .status = c->state == CALL_OPENING ? 503 : 0});
}

void call_bury_caller(struct call *c, const struct call_fact *f)
{
	c->caller = NULL;
	try_bury(c);
}

void call_bury_offer(struct call *c, const struct call_fact *f)
{
	c->offer = NULL;
	try_bury(c);
}
