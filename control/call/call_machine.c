// The call's one table: what each state does with each input.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

static void ignore(struct call *c, const struct call_fact *f)
{
}

static void written(struct call *c, const struct call_fact *f)
{
	c->written = true;
	call_try_answer(c, f);
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

// clang-format off
static call_fn *const table[CALL_STATES][CALL_INPUTS] = {
	[CALL_OPENING] = {
		[CALL_WRITTEN] = written,
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
		[CALL_FLOW_END] = call_flow_ended,
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
		[CALL_WAIT_OVER] = call_queue_over,
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
		[CALL_REFUSED] = ignore,
		[CALL_OFFER] = call_queue_decline,
		[CALL_LAPSED] = call_talk_lapsed,
		[CALL_AGENT_PLAYED] = ignore,
		[CALL_AGENT_HELD] = call_talk_agent_held,
		[CALL_AGENT_RESUMED] = call_talk_agent_resumed,
		[CALL_AGENT_LOST] = call_talk_agent_lost,
		[CALL_CALLER_UNMIXED] = call_monitor_refused,
		[CALL_AGENT_UNMIXED] = call_monitor_refused,
		[CALL_AGENT_FAILED] = call_media_failed,
		[CALL_AGENT_OVER] = call_talk_agent_over,
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
		[CALL_CALLER_UNMIXED] = call_conference_refused,
		[CALL_CALLER_GONE] = call_caller_gone,
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

void call_input(struct call *c, enum call_input in, const struct call_fact *f)
{
	static const struct call_fact none;
	if (table[c->state][in] == NULL) {
		c->calls->counts.surprises++;
		log_debug("surprise: call=%s state=%s input=%d", c->id_text,
			call_state_name(c->state), in);
		return;
	}
	table[c->state][in](c, f ? f : &none);
}

void call_on_leg(struct leg *leg, const struct leg_event *e, void *arg)
{
	static const enum call_input inputs[] = {
		[LEG_OPENED] = CALL_CALLER_OPENED,
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
	struct call_fact f = {.leg = e};
	call_input(arg, inputs[e->kind], &f);
}

const char *call_state_name(enum call_state s)
{
	static const char *const names[CALL_STATES] = {
		[CALL_OPENING] = "opening",
		[CALL_ANSWERING] = "answering",
		[CALL_FLOW] = "flow",
		[CALL_WAITING] = "waiting",
		[CALL_TALKING] = "talking",
		[CALL_CONFERENCE] = "conference",
		[CALL_ENDED] = "ended",
	};
	return s < CALL_STATES ? names[s] : "unknown";
}

const char *call_where(const struct call *c)
{
	switch (c->state) {
	case CALL_FLOW:
		return c->ivr.step && c->ivr.step->kind == STEP_MENU ? "menu" : "flow";
	case CALL_WAITING:
		return c->offer && offer_rings(c->offer) ? "ringing" : "queue";
	case CALL_TALKING:
		return c->bridged ? "talking" : "held";
	default:
		return call_state_name(c->state);
	}
}
