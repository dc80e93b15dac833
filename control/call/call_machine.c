// The call's one table: what each state does with each input.
#include "control/call/call_private.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

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

struct call_cell {
	struct machine_cell cell;
	call_fn *act;
};

// An action moves the call in its midst: what ends one has to know what it was.
#define TO(state, function)    CHOOSES(MACHINE_OR(state), function)
#define EITHER(a, b, function) CHOOSES(MACHINE_OR(a) | MACHINE_OR(b), function)
#define ANSWERS(function)      EITHER(CALL_OPENING, CALL_ANSWERING, function)
#define LEAVES(function)       EITHER(CALL_WAITING, CALL_FLOW, function)
#define CALL_ENDS(function)    TO(CALL_ENDED, function)
#define BURIES(function)       EITHER(CALL_ENDED, MACHINE_END, function)

// clang-format off
static const struct call_cell table[CALL_STATES][CALL_INPUTS] = {
	[CALL_OPENING] = {
		[CALL_WRITTEN] = ANSWERS(call_written),
		[CALL_CALLER_OPENED] = ANSWERS(call_try_answer),
		[CALL_CALLER_FAILED] = CALL_ENDS(call_open_failed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_TIMER] = ANSWERS(call_patience_over),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_ANSWERING] = {
		[CALL_WRITTEN] = STAYS, // came after our patience
		[CALL_CALLER_UP] = TO(CALL_FLOW, call_flow_begin),
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_FLOW] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(held),
		[CALL_CALLER_RESUMED] = ACTS(resumed),
		[CALL_CALLER_DIGIT] = ACTS(call_flow_digit),
		[CALL_CALLER_PLAYED] = ACTS(call_flow_played),
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = STAYS, // told twice
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_FLOW_QUEUE] = TO(CALL_WAITING, call_queue_join),
		[CALL_FLOW_CONFERENCE] = EITHER(CALL_CONFERENCE, CALL_FLOW, call_conference_join),
		[CALL_OVER] = CALL_ENDS(call_over),
		[CALL_REFUSED] = STAYS, // left the queue meanwhile
		[CALL_OFFER] = ACTS(call_queue_decline),
		[CALL_LAPSED] = STAYS,
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_WAITING] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(held),
		[CALL_CALLER_RESUMED] = ACTS(resumed),
		[CALL_CALLER_DIGIT] = STAYS, // pressed just before
		[CALL_CALLER_PLAYED] = STAYS,
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = STAYS, // of a place that it has left
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_REFUSED] = LEAVES(call_queue_refused),
		[CALL_TIMER] = LEAVES(call_queue_wait_over),
		[CALL_OFFER] = ACTS(call_queue_offer),
		[CALL_LAPSED] = LEAVES(call_queue_lapsed),
		[CALL_AGENT_RINGS] = STAYS,
		[CALL_AGENT_READY] = TO(CALL_TALKING, call_queue_connect),
		[CALL_AGENT_OVER] = LEAVES(call_queue_offer_over),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_TALKING] = { // the router has said all of a queue before it offered
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(talk_held),
		[CALL_CALLER_RESUMED] = ACTS(talk_resumed),
		[CALL_CALLER_DIGIT] = ACTS(call_mask_digit),
		[CALL_CALLER_PLAYED] = STAYS,
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = ACTS(call_monitor_refused),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_TIMER] = ACTS(call_queue_lasts),
		[CALL_LAPSED] = EITHER(CALL_TALKING, CALL_ENDED, call_agent_lapsed),
		[CALL_AGENT_PLAYED] = STAYS,
		[CALL_AGENT_HELD] = ACTS(call_talk_agent_held),
		[CALL_AGENT_RESUMED] = ACTS(call_talk_agent_resumed),
		[CALL_AGENT_LOST] = CALL_ENDS(call_agent_lost),
		[CALL_AGENT_UNMIXED] = ACTS(call_monitor_refused),
		[CALL_AGENT_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_AGENT_OVER] = EITHER(CALL_WAITING, CALL_ENDED, call_agent_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_CONFERENCE] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(call_conference_held),
		[CALL_CALLER_RESUMED] = ACTS(call_conference_resumed),
		[CALL_CALLER_DIGIT] = ACTS(call_mask_digit),
		[CALL_CALLER_PLAYED] = STAYS,
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = EITHER(CALL_CONFERENCE, CALL_FLOW, unmixed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_OVER] = CALL_ENDS(call_over), // no room after all, and no further step
		[CALL_REFUSED] = STAYS, // left the queue meanwhile
		[CALL_OFFER] = ACTS(call_queue_decline),
		[CALL_LAPSED] = STAYS,
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_ENDED] = { // its legs are on their way out
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_GONE] = BURIES(call_bury_caller),
		[CALL_REFUSED] = STAYS,
		[CALL_OFFER] = ACTS(call_queue_decline),
		[CALL_LAPSED] = STAYS,
		[CALL_AGENT_OVER] = BURIES(call_bury_offer),
	},
};
// clang-format on

static const char *const input_names[CALL_INPUTS] = {
	[CALL_WRITTEN] = "written",
	[CALL_CALLER_OPENED] = "caller opened",
	[CALL_CALLER_UP] = "caller up",
	[CALL_CALLER_HELD] = "caller held",
	[CALL_CALLER_RESUMED] = "caller resumed",
	[CALL_CALLER_DIGIT] = "caller digit",
	[CALL_CALLER_PLAYED] = "caller played",
	[CALL_CALLER_LOST] = "caller lost",
	[CALL_CALLER_FOUND] = "caller found",
	[CALL_CALLER_FAILED] = "caller failed",
	[CALL_CALLER_UNMASKED] = "caller unmasked",
	[CALL_CALLER_UNMIXED] = "caller unmixed",
	[CALL_CALLER_GONE] = "caller gone",
	[CALL_FLOW_QUEUE] = "flow queue",
	[CALL_FLOW_CONFERENCE] = "flow conference",
	[CALL_OVER] = "over",
	[CALL_TIMER] = "timer",
	[CALL_REFUSED] = "refused",
	[CALL_OFFER] = "offer",
	[CALL_LAPSED] = "lapsed",
	[CALL_AGENT_RINGS] = "agent rings",
	[CALL_AGENT_READY] = "agent ready",
	[CALL_AGENT_PLAYED] = "agent played",
	[CALL_AGENT_HELD] = "agent held",
	[CALL_AGENT_RESUMED] = "agent resumed",
	[CALL_AGENT_LOST] = "agent lost",
	[CALL_AGENT_UNMIXED] = "agent unmixed",
	[CALL_AGENT_FAILED] = "agent failed",
	[CALL_AGENT_OVER] = "agent over",
	[CALL_HANGUP] = "hangup",
};

const struct machine call_machine = MACHINE("call", table, call_state_names, input_names);

static void act(struct call *c, enum call_input in, const struct call_fact *f)
{
	const struct call_cell *cell = &table[c->state][in];
	enum call_state before = c->state;
	if (!machine_reach(&call_machine, before, in)) {
		c->calls->counts.surprises++;
		log_debug("surprise: call=%s state=%s input=%d", c->id_text,
			call_state_name(before), in);
		return;
	}
	if (cell->act == NULL)
		return;
	cell->act(c, f);
	if (cell->cell.kind == MACHINE_CHOOSES || c->state != before)
		machine_choose(&call_machine, &cell->cell, c->state);
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
