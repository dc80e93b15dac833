// A hierarchical timing wheel (Varghese and Lauck 1987): start and cancel are O(1) whatever the
// number of timers alive. Time is an argument, in milliseconds of any clock that never goes
// back. Six levels of 64 slots reach 2^36 ms (795 days). Not thread-safe: one owner.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/dlist.h"

#define WHEEL_LEVELS 6
#define WHEEL_SLOTS  64

struct wheel_timer {
	struct dlist link;
	uint64_t expires_ms;
	uint8_t level, slot;
	bool alive;
};

struct wheel {
	uint64_t now_ms;
	uint64_t occupied[WHEEL_LEVELS]; // bit per slot that holds a timer
	struct dlist slots[WHEEL_LEVELS][WHEEL_SLOTS];
	struct dlist due; // expired, in the order of their time, not yet taken
	uint32_t count;
};

void wheel_init(struct wheel *w, uint64_t now_ms);
// Starts, or restarts, t to expire at expires_ms (a past time counts as now and expires at the
// next advance). A zeroed timer is a timer that is not alive.
void wheel_start(struct wheel *w, struct wheel_timer *t, uint64_t expires_ms);
void wheel_cancel(struct wheel *w, struct wheel_timer *t); // harmless when not alive
// Moves time on; then wheel_take gives the expired timers one by one in order of expiry (ties:
// order of starting). A handler may start and cancel any timer between two takes.
void wheel_advance(struct wheel *w, uint64_t now_ms);
struct wheel_timer *wheel_take(struct wheel *w); // NULL when none is due
// Time until something may expire, UINT64_MAX if empty: a lower bound, exact when the expiry lies
// in the same 64 ms as now.
uint64_t wheel_next_ms(const struct wheel *w);
