// The call's one table: what each state does with each input.
#include "control/call/call_private.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

struct call_cell {
	struct machine_cell cell;
	call_fn *act;
};

// An action's verdict says more than the state that it leads to.
#define FROM_FLOW                                                                         \
	(MACHINE_OR(CALL_FLOW) | MACHINE_OR(CALL_WAITING) | MACHINE_OR(CALL_CONFERENCE) | \
		MACHINE_OR(CALL_ENDED))
#define TO(state, function)    CHOOSES(MACHINE_OR(state), function)
#define EITHER(a, b, function) CHOOSES(MACHINE_OR(a) | MACHINE_OR(b), function)
#define ANSWERS(function)                                                                          \
	CHOOSES(MACHINE_OR(CALL_OPENING) | MACHINE_OR(CALL_ANSWERING) | MACHINE_OR(CALL_CALLING) | \
			MACHINE_OR(CALL_FETCHING) | MACHINE_OR(CALL_ENDED),                        \
		function)
#define FLOWS(function)	 CHOOSES(FROM_FLOW, function)
#define LEAVES(function) CHOOSES(MACHINE_OR(CALL_WAITING) | FROM_FLOW, function)
#define ANSWERED(function) \
	CHOOSES(FROM_FLOW | MACHINE_OR(CALL_ANSWERING) | MACHINE_OR(CALL_TALKING), function)
#define CALL_ENDS(function) TO(CALL_ENDED, function)
#define BURIES(function)    EITHER(CALL_ENDED, MACHINE_END, function)

// clang-format off
static const struct call_cell table[CALL_STATES][CALL_INPUTS] = {
	[CALL_OPENING] = {
		[CALL_WRITTEN] = ANSWERS(call_written),
		[CALL_CALLER_OPENED] = ANSWERS(call_try_answer),
		[CALL_CALLER_FAILED] = CALL_ENDS(call_open_failed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_TIMER] = ANSWERS(call_patience_over),
		[CALL_AGENT_OPENED] = ANSWERS(call_try_answer),
		[CALL_AGENT_FAILED] = CALL_ENDS(call_open_failed),
		[CALL_AGENT_OVER] = CALL_ENDS(desk_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_ANSWERING] = {
		[CALL_WRITTEN] = STAYS, // came after our patience
		[CALL_CALLER_UP] = FLOWS(call_flow_begin),
		[CALL_CALLER_HELD] = ACTS(call_caller_held), // we answer an agent, who dialled
		[CALL_CALLER_RESUMED] = ACTS(call_caller_resumed),
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_AGENT_READY] = TO(CALL_TALKING, desk_connect),
		[CALL_AGENT_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_AGENT_OVER] = CALL_ENDS(desk_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_FETCHING] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_AGENT_RINGS] = ACTS(desk_rings),
		[CALL_AGENT_READY] = EITHER(CALL_CALLING, CALL_ENDED, desk_ready),
		[CALL_AGENT_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_AGENT_OVER] = CALL_ENDS(desk_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_CALLING] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_RINGS] = ACTS(call_outside_rings),
		[CALL_CALLER_UP] = ANSWERED(call_outside_up),
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_outside_gone),
		[CALL_AGENT_HELD] = ACTS(call_agent_held), // that we called first
		[CALL_AGENT_RESUMED] = ACTS(call_agent_resumed),
		[CALL_AGENT_PLAYED] = STAYS,
		[CALL_AGENT_LOST] = CALL_ENDS(call_agent_lost),
		[CALL_AGENT_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_AGENT_OVER] = CALL_ENDS(desk_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_FLOW] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(call_caller_held),
		[CALL_CALLER_RESUMED] = ACTS(call_caller_resumed),
		[CALL_CALLER_DIGIT] = FLOWS(call_flow_digit),
		[CALL_CALLER_PLAYED] = FLOWS(call_flow_played),
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = STAYS, // told twice
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_FLOW_SAYS] = FLOWS(call_flow_says),
		[CALL_REFUSED] = STAYS, // left the queue meanwhile
		[CALL_OFFER] = ACTS(call_queue_decline),
		[CALL_LAPSED] = STAYS,
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_WAITING] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(call_caller_held),
		[CALL_CALLER_RESUMED] = ACTS(call_caller_resumed),
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
	[CALL_TALKING] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(call_caller_held),
		[CALL_CALLER_RESUMED] = ACTS(call_caller_resumed),
		[CALL_CALLER_DIGIT] = ACTS(call_mask_digit),
		[CALL_CALLER_PLAYED] = STAYS,
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = ACTS(call_monitor_refused),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_TIMER] = ACTS(call_queue_lasts),
		[CALL_OFFER] = ACTS(call_queue_taken),
		[CALL_LAPSED] = EITHER(CALL_TALKING, CALL_ENDED, call_agent_lapsed),
		[CALL_AGENT_PLAYED] = STAYS,
		[CALL_AGENT_HELD] = ACTS(call_agent_held),
		[CALL_AGENT_RESUMED] = ACTS(call_agent_resumed),
		[CALL_AGENT_LOST] = CALL_ENDS(call_agent_lost),
		[CALL_AGENT_UNMIXED] = ACTS(call_monitor_refused),
		[CALL_AGENT_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_AGENT_OVER] = EITHER(CALL_WAITING, CALL_ENDED, call_agent_gone),
		[CALL_SUPERVISOR_UP] = ACTS(call_monitor_up),
		[CALL_SUPERVISOR_OVER] = ACTS(call_monitor_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_CONFERENCE] = {
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_HELD] = ACTS(call_caller_held),
		[CALL_CALLER_RESUMED] = ACTS(call_caller_resumed),
		[CALL_CALLER_DIGIT] = ACTS(call_mask_digit),
		[CALL_CALLER_PLAYED] = STAYS,
		[CALL_CALLER_LOST] = CALL_ENDS(call_caller_lost),
		[CALL_CALLER_FOUND] = STAYS,
		[CALL_CALLER_FAILED] = CALL_ENDS(call_media_failed),
		[CALL_CALLER_UNMASKED] = ACTS(call_mask_refused),
		[CALL_CALLER_UNMIXED] = FLOWS(call_monitor_unmixed),
		[CALL_CALLER_GONE] = CALL_ENDS(call_caller_gone),
		[CALL_REFUSED] = STAYS, // left the queue meanwhile
		[CALL_OFFER] = ACTS(call_queue_decline),
		[CALL_LAPSED] = STAYS,
		[CALL_SUPERVISOR_UP] = ACTS(call_monitor_up),
		[CALL_SUPERVISOR_OVER] = ACTS(call_monitor_gone),
		[CALL_HANGUP] = CALL_ENDS(call_hung_up),
	},
	[CALL_ENDED] = { // its legs are on their way out
		[CALL_WRITTEN] = STAYS,
		[CALL_CALLER_GONE] = BURIES(call_bury_party),
		[CALL_REFUSED] = STAYS,
		[CALL_OFFER] = ACTS(call_queue_decline),
		[CALL_LAPSED] = STAYS,
		[CALL_AGENT_OVER] = BURIES(call_bury_party),
	},
};
// clang-format on

static const char *const input_names[CALL_INPUTS] = {
	[CALL_WRITTEN] = "written",
	[CALL_CALLER_OPENED] = "caller opened",
	[CALL_CALLER_RINGS] = "caller rings",
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
	[CALL_FLOW_SAYS] = "flow says",
	[CALL_TIMER] = "timer",
	[CALL_REFUSED] = "refused",
	[CALL_OFFER] = "offer",
	[CALL_LAPSED] = "lapsed",
	[CALL_AGENT_OPENED] = "agent opened",
	[CALL_AGENT_RINGS] = "agent rings",
	[CALL_AGENT_READY] = "agent ready",
	[CALL_AGENT_PLAYED] = "agent played",
	[CALL_AGENT_HELD] = "agent held",
	[CALL_AGENT_RESUMED] = "agent resumed",
	[CALL_AGENT_LOST] = "agent lost",
	[CALL_AGENT_UNMIXED] = "agent unmixed",
	[CALL_AGENT_FAILED] = "agent failed",
	[CALL_AGENT_OVER] = "agent over",
	[CALL_SUPERVISOR_UP] = "supervisor up",
	[CALL_SUPERVISOR_OVER] = "supervisor over",
	[CALL_HANGUP] = "hangup",
};

const struct machine call_machine = MACHINE("call", table, call_state_names, input_names);

// Where a verdict leads, who is asked before (and may know better), and who begins there.
static const struct {
	enum call_state to;
	call_move_fn *before, *enter;
} moves[CALL_MOVES] = {
	[CALL_ANSWER] = {CALL_ANSWERING, NULL, call_open_answer},
	[CALL_FETCH] = {CALL_FETCHING, NULL, desk_fetch_enter},
	[CALL_CALL] = {CALL_CALLING, NULL, call_outside_enter},
	[CALL_ANSWER_AGENT] = {CALL_ANSWERING, NULL, desk_answer_enter},
	[CALL_TALK_OWN] = {CALL_TALKING, NULL, desk_talk_enter},
	[CALL_STEP] = {CALL_FLOW, NULL, call_flow_enter},
	[CALL_QUEUE] = {CALL_WAITING, NULL, call_queue_enter},
	[CALL_BACK] = {CALL_WAITING, call_queue_back_before, call_queue_back},
	[CALL_TALK] = {CALL_TALKING, NULL, call_talk_enter},
	[CALL_TO_CONFERENCE] = {CALL_CONFERENCE, call_conference_admit, call_conference_enter},
	[CALL_END] = {CALL_ENDED, call_end_before, call_end_enter},
	[CALL_BURY] = {CALL_ENDED, NULL, call_end_bury},
};

// The only place that gives a call that lives another state.
static struct call_verdict move(struct call *c, const struct call_verdict *v)
{
	if (moves[v->move].before != NULL) {
		struct call_verdict better = moves[v->move].before(c, v);
		if (better.move != CALL_STAY)
			return better;
	}
	call_hush(c);
	c->state = moves[v->move].to;
	return moves[v->move].enter(c, v);
}

static void act(struct call *c, enum call_input in, const struct call_fact *f)
{
	const struct call_cell *cell = &table[c->state][in];
	enum call_state before = c->state;
	if (!machine_reach(&call_machine, before, in)) {
		c->calls->counts.surprises++;
		log_debug("surprise: call=%s state=%s input=%s", c->id_text,
			call_state_name(before), input_names[in]);
		return;
	}
	if (cell->act == NULL)
		return;
	struct call_verdict v = cell->act(c, f);
	while (v.move != CALL_STAY)
		v = move(c, &v);
	call_hear(c);
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
}
