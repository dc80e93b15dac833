// The wheel against a naive model: every timer expires at its time, in order, exactly once.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/rng.h"
#include "engine/base/wheel.h"

#define TIMERS 300u

struct model {
	struct wheel wheel;
	struct rng rng;
	struct wheel_timer timers[TIMERS];
	uint64_t expires_ms[TIMERS]; // 0: not alive
	uint64_t order[TIMERS];	     // of starting
	uint64_t starts;
};

static struct model m;

static void model_init(uint64_t now_ms, uint64_t seed)
{
	memset(&m, 0, sizeof(m));
	rng_seed(&m.rng, seed);
	wheel_init(&m.wheel, now_ms);
}

static void model_start(unsigned i, uint64_t expires_ms)
{
	wheel_start(&m.wheel, &m.timers[i], expires_ms);
	m.expires_ms[i] = expires_ms > m.wheel.now_ms ? expires_ms : m.wheel.now_ms;
	m.order[i] = m.starts++;
}

// The timer that must come next by now_ms, or TIMERS.
static unsigned model_next(uint64_t now_ms)
{
	unsigned best = TIMERS;

	for (unsigned i = 0; i < TIMERS; i++) {
		if (!m.expires_ms[i] || m.expires_ms[i] > now_ms)
			continue;
		if (best == TIMERS || m.expires_ms[i] < m.expires_ms[best] ||
			(m.expires_ms[i] == m.expires_ms[best] && m.order[i] < m.order[best]))
			best = i;
	}
	return best;
}

static uint64_t model_earliest(void)
{
	unsigned next = model_next(UINT64_MAX);

	return next == TIMERS ? UINT64_MAX : m.expires_ms[next];
}

static void model_advance(uint64_t now_ms)
{
	struct wheel_timer *t;

	wheel_advance(&m.wheel, now_ms);
	ck_assert_uint_eq(m.wheel.now_ms, now_ms);
	while ((t = wheel_take(&m.wheel))) {
		unsigned i = (unsigned)(t - m.timers), want = model_next(now_ms);

		ck_assert_msg(i == want, "took %u, not %u at %lu", i, want, (unsigned long)now_ms);
		ck_assert(!t->alive);
		m.expires_ms[i] = 0;
	}
	ck_assert_uint_eq(model_next(now_ms), TIMERS);
}

static void model_check_next(void)
{
	uint64_t earliest = model_earliest(), next = wheel_next_ms(&m.wheel);

	if (earliest == UINT64_MAX) {
		ck_assert_uint_eq(next, UINT64_MAX);
		ck_assert_uint_eq(m.wheel.count, 0);
		return;
	}
	ck_assert_uint_le(next, earliest - m.wheel.now_ms);
	if (earliest >> 6 == m.wheel.now_ms >> 6)
		ck_assert_uint_eq(next, earliest - m.wheel.now_ms);
	else
		ck_assert_uint_gt(next, 0);
}

// A delay whose magnitude is as likely to be milliseconds as years.
static uint64_t any_delay(unsigned bits)
{
	return rng_u64(&m.rng) >> (64 - 1 - rng_below(&m.rng, bits));
}

static void random_walk(uint64_t now_ms, uint64_t seed, unsigned bits, unsigned rounds)
{
	model_init(now_ms, seed);
	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned k = rng_below(&m.rng, 8); k; k--) {
			unsigned i = rng_below(&m.rng, TIMERS);

			if (rng_below(&m.rng, 4) == 0) {
				wheel_cancel(&m.wheel, &m.timers[i]);
				m.expires_ms[i] = 0;
			} else {
				model_start(i, m.wheel.now_ms + any_delay(bits));
			}
		}
		model_check_next();
		uint64_t step = any_delay(bits), earliest = model_earliest();
		// As a loop would: mostly to the very moment, at times past it.
		if (rng_below(&m.rng, 3) && earliest != UINT64_MAX)
			step = earliest - m.wheel.now_ms;
		model_advance(m.wheel.now_ms + step);
	}
	model_advance(m.wheel.now_ms + (1ull << (bits + 1)));
	ck_assert_uint_eq(m.wheel.count, 0);
	for (unsigned level = 0; level < WHEEL_LEVELS; level++)
		ck_assert_uint_eq(m.wheel.occupied[level], 0);
}

START_TEST(short_delays_match_the_model)
{
	random_walk(1, 1, 8, 20000);
	random_walk(12345678901, 2, 14, 20000);
}
END_TEST

START_TEST(long_delays_match_the_model)
{
	random_walk(1, 3, 36, 20000);
	random_walk(1700000000000, 4, 36, 20000); // wall clock
}
END_TEST

// Each border of a level, one before, on and after it, from one before, on and after it.
START_TEST(cascade_borders_are_exact)
{
	for (unsigned bits = 6; bits <= 36; bits += 6) {
		for (int from = -2; from <= 2; from++) {
			uint64_t border = 3ull << bits;

			model_init(border + (uint64_t)(int64_t)from, bits);
			for (unsigned i = 0; i < 100; i++)
				model_start(i, m.wheel.now_ms + i % 5);
			for (unsigned i = 100; i < 200; i++)
				model_start(i, border + (1ull << bits) - 2 + i % 5);
			for (unsigned i = 200; i < TIMERS; i++)
				model_start(i, border + (2ull << bits) - 2 + i % 5);
			while (model_earliest() != UINT64_MAX)
				model_advance(model_earliest());
		}
	}
}
END_TEST

START_TEST(one_leap_keeps_the_order)
{
	model_init(1000, 5);
	for (unsigned i = 0; i < TIMERS; i++)
		model_start(i, 1000 + any_delay(30) % 5000);
	model_advance(1ull << 40);
	ck_assert_uint_eq(m.wheel.count, 0);
}
END_TEST

START_TEST(beyond_reach_still_comes_in_time)
{
	uint64_t far = 1ull << 36;

	model_init(77, 6);
	model_start(0, 77 + far);
	model_start(1, 77 + far * 5 + 3);
	model_start(2, 77 + far - 1);
	model_advance(76 + far);
	ck_assert_uint_eq(m.wheel.count, 2);
	model_advance(77 + far);
	ck_assert_uint_eq(m.wheel.count, 1);
	model_advance(77 + far * 5 + 2);
	ck_assert_uint_eq(m.wheel.count, 1);
	model_advance(77 + far * 5 + 3);
	ck_assert_uint_eq(m.wheel.count, 0);
}
END_TEST

// A timer that its own handler starts anew at once waits for the next advance.
START_TEST(past_times_wait_for_the_next_advance)
{
	struct wheel w;
	struct wheel_timer a = {0}, b = {0};

	wheel_init(&w, 100);
	wheel_start(&w, &a, 100);
	wheel_start(&w, &b, 5);
	ck_assert_ptr_null(wheel_take(&w));
	ck_assert_uint_eq(wheel_next_ms(&w), 0);
	wheel_advance(&w, 100);
	ck_assert_ptr_eq(wheel_take(&w), &a);
	wheel_start(&w, &a, 0);
	ck_assert_ptr_eq(wheel_take(&w), &b);
	ck_assert_ptr_null(wheel_take(&w));
	ck_assert_uint_eq(w.count, 1);
	wheel_advance(&w, 100);
	ck_assert_ptr_eq(wheel_take(&w), &a);
}
END_TEST

// What a handler may do to timers that are due at the same time.
START_TEST(due_timers_may_be_cancelled_and_moved)
{
	struct wheel w;
	struct wheel_timer a = {0}, b = {0}, c = {0};

	wheel_init(&w, 0);
	wheel_start(&w, &a, 10);
	wheel_start(&w, &b, 10);
	wheel_start(&w, &c, 10);
	wheel_advance(&w, 64);
	ck_assert_ptr_eq(wheel_take(&w), &a);
	wheel_cancel(&w, &b);
	wheel_cancel(&w, &b);
	wheel_start(&w, &c, 70);
	ck_assert_ptr_null(wheel_take(&w));
	ck_assert_uint_eq(w.count, 1);
	ck_assert(!b.alive && c.alive);
	ck_assert_uint_eq(wheel_next_ms(&w), 6);
	wheel_advance(&w, 70);
	ck_assert_ptr_eq(wheel_take(&w), &c);
	ck_assert_uint_eq(w.count, 0);
}
END_TEST

UNIT_MAIN("wheel", short_delays_match_the_model, long_delays_match_the_model,
	cascade_borders_are_exact, one_leap_keeps_the_order, beyond_reach_still_comes_in_time,
	past_times_wait_for_the_next_advance, due_timers_may_be_cancelled_and_moved)
