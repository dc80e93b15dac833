// Walks a flow for one caller: plays, asks, hands over to a queue or ends.
//
// Digits pressed ahead of a question are kept and answer it; an invalid one throws the rest away.
// The time-out of a question begins when its prompt has been heard to the end; a prompt whose end
// is not told is over MEDIA_PLAYED_LATE_MS after its length.
//
// In each state a timer runs whose end brings the flow on, whatever else does not come: a prompt's
// by its length, a question's by its time-out, and where others are waited for the guard of the
// step's kind. What the flow asks others has a ticket; an answer with another one is nobody's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/ivr/vars.h"

struct ivr;

// What a step waits for, and what then; digit: 0 where none was pressed.
struct ivr_wait {
	const char *name; // for people
	void (*played)(struct ivr *i, char digit);
	void (*digit)(struct ivr *i, char digit);
	void (*over)(struct ivr *i, char digit); // its time is; NULL: none runs
};

struct ivr_handlers {
	// flags: as of media_play; returns how long it takes, in ms.
	uint32_t (*play)(uint32_t prompt, unsigned flags, void *arg);
	void (*step)(const struct config_step *step, void *arg);  // entered
	void (*queue)(const struct config_step *step, void *arg); // the queue's turn
	void (*conference)(const struct config_step *step, void *arg);
	void (*end)(const char *why, void *arg);   // hang up; "flow-end"
	bool (*holds)(void *arg);		   // the caller: a prompt stands still
	bool (*owns)(void *arg);		   // the flow has the call, and nobody else
	void (*late)(const char *wait, void *arg); // it goes on without what it waited for
	// Asks what the step wants to know: ivr_answered comes later, never within. 0, or -errno:
	// it will not come.
	int (*ask)(const struct config_step *step, uint32_t ticket, void *arg);
	const char *(*fact)(const char *name, void *arg);	    // "caller", "called"
	void (*set)(const char *name, const char *text, void *arg); // noted; x: masked digits
};

#define IVR_AHEAD_MAX 64
#define IVR_NO_PROMPT UINT32_MAX

struct ivr {
	const struct ivr_wait *wait; // NULL: it has not begun
	struct timers *timers;
	const struct config *config;
	const struct config_flow *flow;
	const struct config_step *step; // entered last; NULL before the first
	const struct ivr_handlers *handlers;
	void *arg;
	uint64_t *surprises;
	unsigned tries; // of this step
	char ahead[IVR_AHEAD_MAX];
	unsigned ahead_count;
	uint32_t play_ms; // what was asked to be played
	struct timer timer;
	bool awaits;
	uint32_t ticket; // of the latest question
	struct ivr_vars vars;
};

// i: zeroed but for timers, config, flow, handlers, arg, surprises.
void ivr_go(struct ivr *i, uint16_t step); // begins, or goes on behind a queue or a conference
void ivr_digit(struct ivr *i, char digit);
void ivr_played(struct ivr *i);
void ivr_resumed(struct ivr *i); // no longer on hold
void ivr_stop(struct ivr *i);
void ivr_free(struct ivr *i); // what it has noted, and its timer
// text: "": there is nothing, or it could not be found out. False: the flow does not wait for it.
bool ivr_answered(struct ivr *i, uint32_t ticket, const char *text);
// SIP status of a flow that refuses every call before an answer, or 0.
unsigned ivr_refusal(const struct config_flow *flow);

// --- what steps are made of (step_*.c) ---
void ivr_play(struct ivr *i, uint32_t prompt, unsigned flags); // prompt: its index
void ivr_listens(struct ivr *i, const struct ivr_wait *wait);  // to what plays; over: ivr_late
void ivr_waits(struct ivr *i, const struct ivr_wait *wait, uint32_t ms);
void ivr_waits_no_more(struct ivr *i);
void ivr_finish(struct ivr *i, const char *why);
void ivr_await(struct ivr *i, uint32_t ms); // asks; ms: of the guard
void ivr_hands_over(struct ivr *i);	    // before another owner is told; the kind's guard
// Notes it; secret: digits that are nobody else's. Where it cannot be the flow goes on without.
void ivr_set(struct ivr *i, const char *name, const char *text, bool secret);
// For an ivr_wait: nothing; on to `then`; kept for the next question; on without PLAYED.
void ivr_ignore(struct ivr *i, char digit);
void ivr_next(struct ivr *i, char digit);
void ivr_keep(struct ivr *i, char digit);
void ivr_late(struct ivr *i, char digit);
