// A kind of a flow's steps: all there is to know of it, in one row. The rows are control/ivr's.
#pragma once

#include "control/config/schema.h"

struct config_flow;
struct config_read;
struct config_step;
struct ivr;

// What a way is that leads in a circle of such steps alone.
enum config_circle {
	CIRCLE_FINE,	   // it waits for the caller, or there is none since the call ends
	CIRCLE_OF_PROMPTS, // a call would go on in it for ever by itself
	CIRCLE_OF_PLACES,  // all full, it would spin
	CIRCLE_OF_ANY,	   // takes next to no time: in neither of them does it make a difference
};

struct config_step_kind {
	struct config_schema schema; // of struct config_step; its first key tells the kind
	bool word;		     // may be written as that key alone: `bye: hangup`
	enum config_circle circle;
	const char *where; // the call is meanwhile: "menu"; NULL: "flow"
	// What must hold of the index-th step beside its keys; NULL: nothing.
	void (*check)(struct config_read *r, struct config_flow *flow, unsigned index);
	// Whether the digits are the flow's alone; NULL: never.
	bool (*masks)(const struct config_step *step);
	// A caller comes to the step, which is i->step.
	void (*enter)(struct ivr *i);
	// In place of enter, of a step that waits for nobody: the step after it, or STEP_NONE.
	uint16_t (*decide)(struct ivr *i);
	// Of a step that asks (ivr_await): what came, readable and "" where there is nothing.
	void (*answered)(struct ivr *i, const char *text);
	// Of a step that waits for others than its prompt and the caller: nobody has said a word
	// for guard_ms (0: as long as the step says), which was counted. It goes on all the same.
	unsigned guard_ms;
	void (*guard)(struct ivr *i);
	bool sets, reads; // the variable vary.name
};
