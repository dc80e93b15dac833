// The control thread's timers: milliseconds of one monotonic clock, over engine/base/wheel. There
// is one thread and one set of timers. The clock can be replaced, which is how whole calls run in
// simulated time; libre's own timers run in the same wheel (control/base/loop).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/wheel.h"

typedef void(timer_h)(void *arg);

// Zeroed is not alive. The owner cancels it before the memory goes.
struct timer {
	struct wheel_timer w;
	timer_h *fn; // NULL when not alive: also while fn itself runs
	void *arg;
};

// Starts, or restarts, t. A delay of 0 fires in the loop's next turn, not at once.
void timer_start(struct timer *t, uint64_t delay_ms, timer_h *fn, void *arg);
void timer_cancel(struct timer *t); // harmless when not alive
bool timer_alive(const struct timer *t);
uint64_t timer_left_ms(const struct timer *t); // 0 when due or not alive

uint64_t timers_now_ms(void);  // monotonic
uint64_t timers_wall_ns(void); // since 1970 UTC

// Fires what is due at now_ms, in the order of expiry. A handler may start, cancel and free any
// timer, its own too.
void timers_run(uint64_t now_ms);
// Time from now until timers_run may have work: a lower bound (engine/base/wheel.h); 0 when it
// has some already, UINT64_MAX when no timer is alive.
uint64_t timers_next_ms(void);
uint32_t timers_count(void); // alive

struct timers_clock {
	uint64_t (*mono_ms)(void);
	uint64_t (*wall_ns)(void);
};

// From here on time is what clock says; NULL is the kernel's. No timer may be alive.
void timers_set_clock(const struct timers_clock *clock);
