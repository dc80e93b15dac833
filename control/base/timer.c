// A set of timers, and the clock that drives it.
#include "control/base/timer.h"

#include <stddef.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"

// Rounds of one timers_run: a handler that starts a timer of 0 ms again and again must not keep
// the loop from its sockets.
#define ROUNDS_MAX 16

static uint64_t kernel_mono_ms(void *arg)
{
	(void)arg;
	return clock_mono_ns() / NS_PER_MS;
}

static uint64_t kernel_wall_ns(void *arg)
{
	(void)arg;
	return clock_wall_ns();
}

void timers_init(struct timers *ts, const struct timers_clock *clock)
{
	static const struct timers_clock kernel = {kernel_mono_ms, kernel_wall_ns, NULL};

	ts->clock = clock ? *clock : kernel;
	wheel_init(&ts->wheel, timers_now_ms(ts));
}

uint64_t timers_now_ms(const struct timers *ts)
{
	return ts->clock.mono_ms(ts->clock.arg);
}

uint64_t timers_wall_ns(const struct timers *ts)
{
	return ts->clock.wall_ns(ts->clock.arg);
}

void timer_start(struct timers *ts, struct timer *t, uint64_t delay_ms, timer_h *fn, void *arg)
{
	check(fn && (!t->w.alive || t->of == ts));
	t->fn = fn;
	t->arg = arg;
	t->of = ts;
	wheel_start(&ts->wheel, &t->w, timers_now_ms(ts) + delay_ms);
}

void timer_cancel(struct timer *t)
{
	t->fn = NULL;
	if (t->of)
		wheel_cancel(&t->of->wheel, &t->w);
}

bool timer_alive(const struct timer *t)
{
	return t->w.alive;
}

uint64_t timer_left_ms(const struct timer *t)
{
	uint64_t now_ms = t->w.alive ? timers_now_ms(t->of) : 0;

	return t->w.alive && t->w.expires_ms > now_ms ? t->w.expires_ms - now_ms : 0;
}

static void timers_fire(struct wheel_timer *w)
{
	struct timer *t = container_of(w, struct timer, w);
	timer_h *fn = t->fn;

	t->fn = NULL;
	fn(t->arg);
}

void timers_run(struct timers *ts, uint64_t now_ms)
{
	struct wheel_timer *w;

	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		wheel_advance(&ts->wheel, now_ms);
		if (wheel_next_ms(&ts->wheel) > 0)
			return;
		while ((w = wheel_take(&ts->wheel)))
			timers_fire(w);
	}
}

uint64_t timers_next_ms(const struct timers *ts)
{
	uint64_t next_ms = wheel_next_ms(&ts->wheel);

	if (next_ms == UINT64_MAX)
		return UINT64_MAX;
	uint64_t at_ms = ts->wheel.now_ms + next_ms, now_ms = timers_now_ms(ts);
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

uint32_t timers_count(const struct timers *ts)
{
	return ts->wheel.count;
}
