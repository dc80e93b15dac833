// Timers in simulated time: order, restart, cancel from handlers, and a clock that leaps.
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"

static uint64_t sim_ms;

static uint64_t sim_mono_ms(void *arg)
{
	return sim_ms;
}

static uint64_t sim_wall_ns(void *arg)
{
	return 1700000000000000000ull + sim_ms * 1000000;
}

static const struct timers_clock sim = {sim_mono_ms, sim_wall_ns, NULL};

static char story[64];
static struct timers set;
static struct timer timers[4];

static void sim_start(void)
{
	sim_ms = 5000;
	story[0] = '\0';
	memset(timers, 0, sizeof(timers));
	timers_init(&set, &sim);
}

// Goes from one expiry to the next, as whole-call tests do.
static void sim_until(uint64_t end_ms)
{
	for (;;) {
		uint64_t next_ms = timers_next_ms(&set);

		if (next_ms > end_ms - sim_ms)
			break;
		sim_ms += next_ms;
		timers_run(&set, sim_ms);
	}
	sim_ms = end_ms;
}

// A letter as a handler's argument.
static void *word(char c)
{
	return (void *)(uintptr_t)(unsigned char)c;
}

static void tell(void *arg)
{
	size_t len = strlen(story);

	ck_assert_uint_lt(len + 1, sizeof(story));
	story[len] = (char)(uintptr_t)arg;
	story[len + 1] = '\0';
}

START_TEST(fire_in_order_at_their_time)
{
	sim_start();
	timer_start(&set, &timers[0], 500, tell, word('c'));
	timer_start(&set, &timers[1], 20, tell, word('a'));
	timer_start(&set, &timers[2], 500, tell, word('d'));
	timer_start(&set, &timers[3], 70, tell, word('b'));
	ck_assert_uint_eq(timers_count(&set), 4);
	ck_assert_uint_eq(timer_left_ms(&timers[0]), 500);
	sim_until(5019);
	ck_assert_str_eq(story, "");
	sim_until(5020);
	ck_assert_str_eq(story, "a");
	ck_assert(!timer_alive(&timers[1]));
	ck_assert(timer_alive(&timers[0]));
	sim_until(5499);
	ck_assert_str_eq(story, "ab");
	sim_until(5500);
	ck_assert_str_eq(story, "abcd");
	ck_assert_uint_eq(timers_next_ms(&set), UINT64_MAX);
	ck_assert_uint_eq(timers_wall_ns(&set), 1700000005500000000ull);
}
END_TEST

START_TEST(restart_moves_and_cancel_stops)
{
	sim_start();
	timer_start(&set, &timers[0], 10, tell, word('x'));
	timer_start(&set, &timers[0], 30, tell, word('a'));
	timer_start(&set, &timers[1], 20, tell, word('x'));
	timer_cancel(&timers[1]);
	timer_cancel(&timers[1]);
	ck_assert_uint_eq(timers_count(&set), 1);
	sim_until(6000);
	ck_assert_str_eq(story, "a");
}
END_TEST

static void cancel_all(void *arg)
{
	tell(arg);
	for (unsigned i = 0; i < 4; i++)
		timer_cancel(&timers[i]);
}

START_TEST(handler_cancels_what_is_due_with_it)
{
	sim_start();
	timer_start(&set, &timers[0], 10, cancel_all, word('a'));
	timer_start(&set, &timers[1], 10, tell, word('x'));
	timer_start(&set, &timers[2], 99, tell, word('x'));
	sim_until(6000);
	ck_assert_str_eq(story, "a");
	ck_assert_uint_eq(timers_count(&set), 0);
}
END_TEST

static void free_own(void *arg)
{
	struct timer *t = arg;

	ck_assert(!timer_alive(t));
	ck_assert_ptr_null(t->fn);
	tell(word('f'));
	free(t);
}

START_TEST(handler_frees_its_own_timer)
{
	struct timer *t = calloc(1, sizeof(*t));

	sim_start();
	timer_start(&set, t, 64, free_own, t);
	sim_until(6000);
	ck_assert_str_eq(story, "f");
}
END_TEST

static unsigned again_count;

static void again(void *arg)
{
	again_count++;
	timer_start(&set, &timers[0], 0, again, arg);
}

START_TEST(endless_zero_delays_do_not_hold_the_loop)
{
	sim_start();
	again_count = 0;
	timer_start(&set, &timers[0], 0, again, NULL);
	ck_assert_uint_eq(again_count, 0);
	timers_run(&set, sim_ms);
	ck_assert_uint_ge(again_count, 2);
	ck_assert_uint_le(again_count, 100);
	ck_assert_uint_eq(timers_next_ms(&set), 0);
	timer_cancel(&timers[0]);
}
END_TEST

static void every_second(void *arg)
{
	tell(word('.'));
	timer_start(&set, &timers[0], 1000, every_second, arg);
}

START_TEST(late_loop_fires_a_periodic_timer_once)
{
	sim_start();
	timer_start(&set, &timers[0], 1000, every_second, NULL);
	sim_ms += 10500;
	timers_run(&set, sim_ms);
	ck_assert_str_eq(story, ".");
	ck_assert_uint_eq(timer_left_ms(&timers[0]), 1000);
	timer_cancel(&timers[0]);
}
END_TEST

START_TEST(kernel_clock_is_the_default)
{
	timers_init(&set, NULL);
	uint64_t before_ms = timers_now_ms(&set);

	timer_start(&set, &timers[0], 0, tell, word('k'));
	ck_assert_uint_eq(timers_next_ms(&set), 0);
	timers_run(&set, timers_now_ms(&set));
	ck_assert(!timer_alive(&timers[0]));
	ck_assert_uint_ge(timers_now_ms(&set), before_ms);
	ck_assert_uint_gt(timers_wall_ns(&set), 1700000000000000000ull);
}
END_TEST

// Two sets stand in one process, each over its own clock.
static uint64_t far_mono_ms(void *arg)
{
	return *(uint64_t *)arg;
}

START_TEST(two_sets_know_nothing_of_each_other)
{
	uint64_t far_ms = 70;
	struct timers far;
	struct timer of_far = {0};

	sim_start();
	timers_init(&far, &(struct timers_clock){far_mono_ms, sim_wall_ns, &far_ms});
	timer_start(&set, &timers[0], 20, tell, word('a'));
	timer_start(&far, &of_far, 20, tell, word('b'));
	ck_assert_uint_eq(timers_count(&set), 1);
	ck_assert_uint_eq(timers_now_ms(&far), 70);
	sim_until(6000);
	ck_assert_str_eq(story, "a");
	ck_assert_uint_eq(timer_left_ms(&of_far), 20);
	far_ms = 90;
	timers_run(&far, far_ms);
	ck_assert_str_eq(story, "ab");
	timer_start(&set, &of_far, 20, tell, word('c')); // at rest: it may go to the other
	ck_assert_uint_eq(timers_count(&far), 0);
	timer_cancel(&of_far);
	ck_assert_uint_eq(timers_count(&set), 0);
}
END_TEST

UNIT_MAIN("timer", fire_in_order_at_their_time, restart_moves_and_cancel_stops,
	handler_cancels_what_is_due_with_it, handler_frees_its_own_timer,
	endless_zero_delays_do_not_hold_the_loop, late_loop_fires_a_periodic_timer_once,
	kernel_clock_is_the_default, two_sets_know_nothing_of_each_other)
