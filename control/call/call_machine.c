// The call's one table: what each state does with each input.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

static void ignore(struct call *c, const struct call_fact *f)
{
}

static void held(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_HELD, "caller");
}

static void resumed(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_RESUMED, "caller");
	ivr_resumed(&c->ivr);
}

static void talk_held(struct call *c, const struct call_fact *f)
{
	held(c, f);
	call_talk_update(c, f);
}

static void talk_resumed(struct call *c, const struct call_fact *f)
{
	resumed(c, f);
	call_talk_update(c, f);
}

// Its supervisor first, whose place it is too.
static void unmixed(struct call *c, const struct call_fact *f)
{
	call_monitor_over(c, "call-ended");
	call_conference_refused(c, f);
}

// clang-format off
static call_fn *const table[CALL_STATES][CALL_INPUTS] = {
	[CALL_OPENING] = {
		[CALL_WRITTEN] = call_written,
		[CALL_TIMER] = call_patience_over,
		[CALL_CALLER_OPENED] = call_try_answer,
		[CALL_CALLER_FAILED] = call_open_failed,
		[CALL_CALLER_GONE] = call_caller_gone,
		[CALL_HANGUP] = call_hung_up,
	},
	[CALL_ANSWERING] = {
		[CALL_WRITTEN] = ignore, // came after our patience
		[CALL_CALLER_UP] = call_flow_begin,
		[CALL_CALLER_FAILED] = call_media_failed,
		[CALL_CALLER_GONE] = call_caller_gone,
		[CALL_HANGUP] = call_hung_up,
	},
	[CALL_FLOW] = {
		[CALL_WRITTEN] = ignore,
		[CALL_CALLER_HELD] = held,
		[CALL_CALLER_RESUMED] = resumed,
		[CALL_CALLER_DIGIT] = call_flow_digit,
		[CALL_CALLER_PLAYED] = call_flow_played,
		[CALL_CALLER_LOST] = call_caller_lost,
		[CALL_CALLER_FOUND] = ignore,
		[CALL_CALLER_FAILED] = call_media_failed,
		[CALL_CALLER_UNMASKED] = call_mask_refused,
		[CALL_CALLER_GONE] = call_caller_gone,
		[CALL_FLOW_QUEUE] = call_queue_join,
		[CALL_FLOW_CONFERENCE] = call_conference_join,
		[CALL_CALLER_UNMIXED] = ignore, // told twice
		[CALL_OVER] = call_over,
		[CALL_REFUSED] = ignore, // left the queue meanwhile
		[CALL_OFFER] = call_queue_decline,
		[CALL_LAPSED] = ignore,
		[CALL_HANGUP] = call_hung_up,
	},
	[CALL_WAITING] = {
		[CALL_WRITTEN] = ignore,
		[CALL_CALLER_HELD] = held,
		[CALL_CALLER_RESUMED] = resumed,
		[CALL_CALLER_DIGIT] = ignore, // pressed just before
		[CALL_CALLER_PLAYED] = ignore,
		[CALL_CALLER_LOST] = call_caller_lost,
		[CALL_CALLER_FOUND] = ignore,
		[CALL_CALLER_FAILED] = call_media_failed,
		[CALL_CALLER_UNMASKED] = call_mask_refused,
		[CALL_CALLER_UNMIXED] = ignore, // of a place that it has left
		[CALL_CALLER_GONE] = call_caller_gone,
		[CALL_REFUSED] = call_queue_refused,
		[CALL_TIMER] = call_queue_over,
		[CALL_OFFER] = call_queue_offer,
		[CALL_LAPSED] = call_queue_lapsed,
		[CALL_AGENT_RINGS] = ignore,
		[CALL_AGENT_READY] = call_queue_connect,
		[CALL_AGENT_OVER] = call_queue_offer_over,
		[CALL_HANGUP] = call_hung_up,
	},
	[CALL_TALKING] = {
		[CALL_WRITTEN] = ignore,
		[CALL_CALLER_HELD] = talk_held,
		[CALL_CALLER_RESUMED] = talk_resumed,
		[CALL_CALLER_DIGIT] = call_mask_digit,
		[CALL_CALLER_PLAYED] = ignore,
		[CALL_CALLER_LOST] = call_caller_lost,
		[CALL_CALLER_FOUND] = ignore,
		[CALL_CALLER_FAILED] = call_media_failed,
		[CALL_CALLER_UNMASKED] = call_mask_refused,
		[CALL_CALLER_GONE] = call_caller_gone,
		[CALL_TIMER] = call_queue_lasts,
		[CALL_REFUSED] = ignore,
		[CALL_OFFER] = call_queue_decline,
		[CALL_LAPSED] = call_agent_lapsed,
		[CALL_AGENT_PLAYED] = ignore,
		[CALL_AGENT_HELD] = call_talk_agent_held,
		[CALL_AGENT_RESUMED] = call_talk_agent_resumed,
		[CALL_AGENT_LOST] = call_agent_lost,
		[CALL_CALLER_UNMIXED] = call_monitor_refused,
		[CALL_AGENT_UNMIXED] = call_monitor_refused,
		[CALL_AGENT_FAILED] = call_media_failed,
		[CALL_AGENT_OVER] = call_agent_gone,
		[CALL_HANGUP] = call_hung_up,
	},
	[CALL_CONFERENCE] = {
		[CALL_WRITTEN] = ignore,
		[CALL_CALLER_HELD] = call_conference_held,
		[CALL_CALLER_RESUMED] = call_conference_resumed,
		[CALL_CALLER_DIGIT] = call_mask_digit,
		[CALL_CALLER_PLAYED] = ignore,
		[CALL_CALLER_LOST] = call_caller_lost,
		[CALL_CALLER_FOUND] = ignore,
		[CALL_CALLER_FAILED] = call_media_failed,
		[CALL_CALLER_UNMASKED] = call_mask_refused,
		[CALL_CALLER_UNMIXED] = unmixed,
		[CALL_CALLER_GONE] = call_caller_gone,
		[CALL_OVER] = call_over, // no room after all, and no further step
		[CALL_REFUSED] = ignore, // left the queue meanwhile
		[CALL_OFFER] = call_queue_decline,
		[CALL_LAPSED] = ignore,
		[CALL_HANGUP] = call_hung_up,
	},
	[CALL_ENDED] = { // its legs are on their way out
		[CALL_WRITTEN] = ignore,
		[CALL_CALLER_GONE] = call_buried_caller,
		[CALL_REFUSED] = ignore,
		[CALL_OFFER] = call_queue_decline,
		[CALL_LAPSED] = ignore,
		[CALL_AGENT_OVER] = call_buried_offer,
		[CALL_HANGUP] = ignore,
	},
};
// clang-format on

static void act(struct call *c, enum call_input in, const struct call_fact *f)
{
	if (table[c->state][in] == NULL) {
		c->calls->counts.surprises++;
		log_debug("surprise: call=%s state=%s input=%d", c->id_text,
			call_state_name(c->state), in);
		return;
	}
	table[c->state][in](c, f);
}

void call_input(struct call *c, enum call_input in, const struct call_fact *f)
{
	static const struct call_fact none;
	bool within = c->acting;
	c->acting = true;
	act(c, in, f ? f : &none);
	c->acting = within;
	call_settle(c);
}

void call_settle(struct call *c)
{
	while (c->next.said && !c->acting) {
		struct call_verdict v = c->next;
		c->next.said = false;
		call_input(c, v.in, &v.fact);
	}
}
