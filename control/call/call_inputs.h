// What a call's machine takes and what its actions give back. An input names the role of whom it
// comes from, never a place in the call. A verdict says what shall become of the call; the machine
// alone moves it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct call;
struct config_step;
struct leg_event;
struct call_party;
struct router_message;

enum call_input {
	CALL_WRITTEN, // CALL_STARTED is in the log's file, or took too long
	// CALLER: of the call's first party.
	CALL_CALLER_OPENED,
	CALL_CALLER_RINGS, // that we have called
	CALL_CALLER_UP,
	CALL_CALLER_HELD,
	CALL_CALLER_RESUMED,
	CALL_CALLER_DIGIT,
	CALL_CALLER_PLAYED,
	CALL_CALLER_LOST,
	CALL_CALLER_FOUND,
	CALL_CALLER_FAILED,
	CALL_CALLER_UNMASKED, // the engine could not
	CALL_CALLER_UNMIXED,
	CALL_CALLER_GONE,
	CALL_FLOW_SAYS, // by a timer of the flow's own
	CALL_TIMER,	// its own, for what its state waits for
	CALL_REFUSED,	// by the router: the queue is full
	CALL_OFFER,
	CALL_LAPSED,
	CALL_AGENT_OPENED, // its own call
	CALL_AGENT_RINGS,
	CALL_AGENT_READY,
	CALL_AGENT_PLAYED,
	CALL_AGENT_HELD,
	CALL_AGENT_RESUMED,
	CALL_AGENT_LOST,
	CALL_AGENT_UNMIXED,
	CALL_AGENT_FAILED,
	CALL_AGENT_OVER,
	CALL_SUPERVISOR_UP,
	CALL_SUPERVISOR_OVER,
	CALL_HANGUP, // by us: operator, stop
	CALL_INPUTS,
};

// What an owner says of the call, and where that leads.
enum call_move {
	CALL_STAY,
	CALL_ANSWER,	    // → answering
	CALL_FETCH,	    // → fetching
	CALL_CALL,	    // → calling
	CALL_ANSWER_AGENT,  // → answering: the agent that dialled
	CALL_TALK_OWN,	    // → talking: that agent
	CALL_STEP,	    // → flow: on with `at`
	CALL_QUEUE,	    // → waiting: in the queue of `step`
	CALL_BACK,	    // → waiting: where it stood before the agent took it
	CALL_TALK,	    // → talking: with `party`
	CALL_TO_CONFERENCE, // → conference: into that of `step`
	CALL_END,	    // → ended: why, by, status
	CALL_BURY,	    // nobody is left
	CALL_MOVES,
};

struct call_verdict {
	enum call_move move; // zeroed: stay
	uint16_t at;
	uint16_t status; // to refuse with, or what the caller saw; 0: BYE
	const struct config_step *step;
	const char *why, *by;
	struct call_party
		*party; // TALK: who takes it; END: whose leg is dead when the input is over
};

struct call_fact {		  // what an input brings; what does not apply is zero
	struct call_party *party; // whose input it is
	const struct leg_event *leg;
	const struct call_verdict *verdict; // the flow's
	const struct router_message *message;
	const char *why, *by;
};

typedef struct call_verdict call_fn(struct call *c, const struct call_fact *f);
typedef struct call_verdict call_move_fn(struct call *c, const struct call_verdict *v);

#define CALL_STAYS ((struct call_verdict){.move = CALL_STAY})
