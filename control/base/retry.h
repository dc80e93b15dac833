// What was refused for want of descriptors, memory or room is tried again by a timer, never at
// once: later after each refusal, and with two log lines for the whole trouble, however often it
// comes. Control thread only. Zeroed is at rest, but for its name and its timers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"

#define RETRY_MIN_MS  20
#define RETRY_MAX_MS  2000
#define RETRY_CALM_MS 10000 // so long without a refusal, and the trouble is over

struct retry {
	struct timers *timers;
	const char *what; // "accept on the command socket": begins its log lines
	struct timer timer, calm;
	unsigned wait_ms; // of the next refusal
	uint64_t refused; // since the trouble began; 0: there is none
	int error;	  // the last, positive
};

// Calls fn after a while. error: positive or negative, said once. While a wait is under way it
// only counts.
void retry_refused(struct retry *r, int error, timer_h *fn, void *arg);
void retry_done(struct retry *r); // it worked: cheap, called after each success
bool retry_waits(const struct retry *r);
void retry_stop(struct retry *r); // before its memory goes
