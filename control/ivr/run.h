// Walks a flow for one caller: plays, asks, hands over to a queue or ends.
//
// Digits pressed ahead of a question are kept and answer it; an invalid one throws the rest away.
// The time-out of a question begins when its prompt has been heard to the end; a prompt whose end
// is not told is over MEDIA_PLAYED_LATE_MS after its length.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/base/timer.h"

enum ivr_state {
	IVR_IDLE,    // not (or no longer) the call's owner
	IVR_PLAYING, // a PLAY step's prompt
	IVR_PROMPT,  // a MENU's prompt
	IVR_ENTRY,   // waiting for the digit
	IVR_LAST,    // the prompt before hanging up
	IVR_STATES,
};

struct ivr_handlers {
	void (*play)(uint32_t prompt, unsigned flags, void *arg); // flags: as of media_play
	void (*step)(const struct config_step *step, void *arg);  // entered
	void (*queue)(const struct config_step *step, void *arg); // the queue's turn
	void (*conference)(const struct config_step *step, void *arg);
	void (*end)(const char *why, void *arg);       // hang up; "flow-end"
	bool (*holds)(void *arg);		       // the caller: a prompt stands still
	void (*late)(enum ivr_state state, void *arg); // it goes on without PLAYED
};

#define IVR_AHEAD_MAX 64

struct ivr {
	enum ivr_state state;
	struct timers *timers;
	const struct config *config;
	const struct config_flow *flow;
	const struct config_step *step; // entered last; NULL before the first
	const struct ivr_handlers *handlers;
	void *arg;
	uint64_t *surprises;
	unsigned tries; // of this menu
	char ahead[IVR_AHEAD_MAX];
	unsigned ahead_count;
	uint32_t play_ms; // what was asked to be played
	struct timer timer;
};

// i: zeroed but for timers, config, flow, handlers, arg, surprises.
void ivr_go(struct ivr *i, uint16_t step); // begins, or goes on behind a queue or a conference
void ivr_digit(struct ivr *i, char digit);
void ivr_played(struct ivr *i);
void ivr_resumed(struct ivr *i); // no longer on hold
void ivr_stop(struct ivr *i);
const char *ivr_state_name(enum ivr_state state);
// SIP status of a flow that refuses every call before an answer, or 0.
unsigned ivr_refusal(const struct config_flow *flow);
