// Calls at a rate for call_bench: SIP alone, over UDP, from callers and agents' phones of one
// thread. A caller presses a digit by INFO, is put through to an agent and hangs up; a phone
// answers at once. Nothing is said: what a call costs beyond its signalling is others' to measure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

#define CALL_LOAD_SETUPS 4096 // of which quantiles are taken

enum call_load_kind {
	CALL_LOAD_ANSWER, // the caller hangs up when he is answered
	CALL_LOAD_MENU,	  // … when his digit is taken
	CALL_LOAD_AGENT,  // … when the agent's phone has its ACK
	CALL_LOAD_KINDS,
};

struct call_load {
	struct addr target; // the daemon's
	unsigned agents;    // agent1, … with the password "open-sesame"
	unsigned seconds;
	double rate;
	enum call_load_kind kind; // dialled as 9000 and this
};

struct call_load_result {
	uint32_t tried, done, refused, lost, resent, sent, received; // sent, received: messages
	uint32_t setups;
	uint32_t setup_us[CALL_LOAD_SETUPS]; // INVITE to the agent's ACK, in ascending order
	double ran_s;
};

// The phones, registered; a socket at an address of ours. -1: not all of them are.
int call_load_open(struct call_load *l);
// Runs it and waits until nothing is under way, some seconds at most.
void call_load_run(int fd, const struct call_load *l, struct call_load_result *out);
