// The one set of timers, and the clock that drives it.
#include "control/base/timer.h"

#include <stddef.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"

// Rounds of one timers_run: a handler that starts a timer of 0 ms again and again must not keep
// the loop from its sockets.
#define ROUNDS_MAX 16

static uint64_t timers_kernel_ms(void)
{
	return clock_mono_ns() / NS_PER_MS;
}

static const struct timers_clock timers_kernel = {timers_kernel_ms, clock_wall_ns};

static struct {
	struct timers_clock clock;
	struct wheel wheel;
} timers; // written by control

void timers_set_clock(const struct timers_clock *clock)
{
	check(timers.wheel.count == 0);
	timers.clock = clock ? *clock : timers_kernel;
	wheel_init(&timers.wheel, timers.clock.mono_ms());
}

// The first user of all, be it libre, finds the kernel's clock.
static struct wheel *timers_wheel(void)
{
	if (__builtin_expect(!timers.clock.mono_ms, 0))
		timers_set_clock(NULL);
	return &timers.wheel;
}

uint64_t timers_now_ms(void)
{
	timers_wheel();
	return timers.clock.mono_ms();
}

uint64_t timers_wall_ns(void)
{
	timers_wheel();
	return timers.clock.wall_ns();
}

void timer_start(struct timer *t, uint64_t delay_ms, timer_h *fn, void *arg)
{
	struct wheel *wheel = timers_wheel();

	check(fn);
	t->fn = fn;
	t->arg = arg;
	wheel_start(wheel, &t->w, timers.clock.mono_ms() + delay_ms);
}

void timer_cancel(struct timer *t)
{
	t->fn = NULL;
	wheel_cancel(timers_wheel(), &t->w);
}

bool timer_alive(const struct timer *t)
{
	return t->w.alive;
}

uint64_t timer_left_ms(const struct timer *t)
{
	uint64_t now_ms = timers_now_ms();

	return t->w.alive && t->w.expires_ms > now_ms ? t->w.expires_ms - now_ms : 0;
}

static void timers_fire(struct wheel_timer *w)
{
	struct timer *t = container_of(w, struct timer, w);
	timer_h *fn = t->fn;

	t->fn = NULL;
	fn(t->arg);
}

void timers_run(uint64_t now_ms)
{
	struct wheel *wheel = timers_wheel();
	struct wheel_timer *w;

	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		wheel_advance(wheel, now_ms);
		if (wheel_next_ms(wheel) > 0)
			return;
		while ((w = wheel_take(wheel)))
			timers_fire(w);
	}
}

uint64_t timers_next_ms(void)
{
	struct wheel *wheel = timers_wheel();
	uint64_t next_ms = wheel_next_ms(wheel);

	if (next_ms == UINT64_MAX)
		return UINT64_MAX;
	uint64_t at_ms = wheel->now_ms + next_ms, now_ms = timers.clock.mono_ms();
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

uint32_t timers_count(void)
{
	return timers.wheel.count;
}
