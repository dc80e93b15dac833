// Timers of one owner's thread: milliseconds of one monotonic clock, over engine/base/wheel. A
// node has one set of them, made before all else. The clock can be replaced, which is how whole
// calls run in simulated time; libre's own timers run in the same wheel (control/base/loop).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/wheel.h"

struct timers_clock {
	uint64_t (*mono_ms)(void *arg);
	uint64_t (*wall_ns)(void *arg);
	void *arg;
};

struct timers { // owns no memory: it goes when no timer of it is alive
	struct timers_clock clock;
	struct wheel wheel;
};

typedef void(timer_h)(void *arg);

// Zeroed is not alive. The owner cancels it before the memory goes.
struct timer {
	struct wheel_timer w;
	timer_h *fn; // NULL when not alive: also while fn itself runs
	void *arg;
	struct timers *of; // in which it was started last
};

void timers_init(struct timers *ts, const struct timers_clock *clock); // clock NULL: the kernel's

// Starts, or restarts, t. A delay of 0 fires in the loop's next turn, not at once. A timer that is
// alive is restarted where it was started.
void timer_start(struct timers *ts, struct timer *t, uint64_t delay_ms, timer_h *fn, void *arg);
void timer_cancel(struct timer *t); // harmless when not alive
bool timer_alive(const struct timer *t);
uint64_t timer_left_ms(const struct timer *t); // 0 when due or not alive

uint64_t timers_now_ms(const struct timers *ts);  // monotonic
uint64_t timers_wall_ns(const struct timers *ts); // since 1970 UTC

// Fires what is due at now_ms, in the order of expiry. A handler may start, cancel and free any
// timer, its own too.
void timers_run(struct timers *ts, uint64_t now_ms);
// Time from now until timers_run may have work: a lower bound (engine/base/wheel.h); 0 when it
// has some already, UINT64_MAX when no timer is alive.
uint64_t timers_next_ms(const struct timers *ts);
uint32_t timers_count(const struct timers *ts); // alive
