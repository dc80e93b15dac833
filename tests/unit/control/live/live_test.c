// Figures of the last minutes: when the store is asked for them, and what is given out.
#include <errno.h>

#include "control/base/timer.h"
#include "control/live/live.h"
#include "control/store/store.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "tests/unit/unit.h"

static struct fake {
	struct timers timers;
	uint64_t now_ms;
	unsigned asked;
	bool open, busy, at_once; // answers within the question
	const void *forgot;
	struct store_stats stats;
	struct store_answer answer;
} fake;

static void row(const char *queue, unsigned waits, unsigned answered)
{
	char json[200];

	str_format(json, sizeof(json),
		"{\"tenant\":\"acme\",\"name\":\"%s\",\"waits\":%u,\"waits_answered\":%u,"
		"\"waits_answered_ms\":%u}",
		queue, waits, answered, 1500 * answered);
	fake.answer.row(json, fake.answer.arg);
}

static void end(int error)
{
	fake.open = false;
	fake.answer.end(error, fake.answer.arg);
}

int store_query_stats(
	struct store *s, const struct store_stats *stats, const struct store_answer *answer)
{
	if (fake.busy)
		return -EBUSY;
	ck_assert(!fake.open);
	fake.open = true;
	fake.asked++;
	fake.stats = *stats;
	fake.answer = *answer;
	if (fake.at_once) {
		row("sales", 1, 1);
		end(0);
	}
	return 0;
}

void store_forget(struct store *s, const void *arg)
{
	fake.forgot = arg;
}

static uint64_t on_mono(void *arg)
{
	return fake.now_ms;
}

static uint64_t on_wall(void *arg)
{
	return 1000000 * NS_PER_S + fake.now_ms * NS_PER_MS;
}

static struct live *begin(void)
{
	const struct timers_clock clock = {.mono_ms = on_mono, .wall_ns = on_wall};
	struct live *l;

	fake = (struct fake){.now_ms = 100000};
	timers_init(&fake.timers, &clock);
	ck_assert_int_eq(live_start(NULL, &fake.timers, &l), 0);
	return l;
}

static void pass(uint64_t ms)
{
	for (uint64_t end = fake.now_ms + ms; fake.now_ms < end; fake.now_ms += 100)
		timers_run(&fake.timers, fake.now_ms);
}

static int64_t rate(struct live *l, const char *tenant, const char *queue)
{
	int64_t value;

	return live_figure(l, tenant, queue, FIGURE_answer_rate_percent, &value) ? value : -1;
}

START_TEST(by_queue_as_figures_say)
{
	struct live *l = begin();
	int64_t value;

	ck_assert_int_eq(rate(l, "acme", "sales"), -1); // and so it is asked for
	ck_assert_uint_eq(fake.asked, 1);
	ck_assert_uint_eq(fake.stats.until_ns, on_wall(NULL));
	ck_assert_uint_eq(fake.stats.until_ns - fake.stats.since_ns, 900 * NS_PER_S);
	row("service", 3, 2);
	row("sales", 4, 4);
	ck_assert_int_eq(rate(l, "acme", "sales"), -1); // not whole yet
	end(0);
	ck_assert_int_eq(rate(l, "acme", "sales"), 10000);
	ck_assert_int_eq(rate(l, "acme", "service"), 6666);
	ck_assert_int_eq(rate(l, "bolt", "service"), -1);
	ck_assert(live_figure(l, "acme", "service", FIGURE_answer_speed_ms, &value));
	ck_assert_int_eq(value, 1500);
	ck_assert(!live_figure(l, "acme", "service", FIGURE_abandon_wait_ms, &value)); // of none
	ck_assert(!live_figure(l, "acme", "service", FIGURE_occupancy_percent, &value));
	ck_assert(!live_figure(NULL, "acme", "service", FIGURE_answer_speed_ms, &value));
	live_stop(l);
	ck_assert_ptr_eq(fake.forgot, l);
	ck_assert_uint_eq(timers_count(&fake.timers), 0);
}
END_TEST

START_TEST(asked_for_while_somebody_asks)
{
	struct live *l = begin();

	fake.at_once = true;
	pass(100000);
	ck_assert_uint_eq(fake.asked, 0);
	for (unsigned i = 0; i < 20; i++) { // each second, for 20 s
		ck_assert_int_eq(rate(l, "acme", "sales"), 10000);
		pass(1000);
	}
	ck_assert_uint_eq(fake.asked, 4);
	pass(2 * LIVE_IDLE_MS);
	ck_assert_uint_eq(fake.asked, 4 + LIVE_IDLE_MS / LIVE_EVERY_MS);
	ck_assert_uint_eq(timers_count(&fake.timers), 0);
	fake.at_once = false;
	ck_assert_int_eq(rate(l, "acme", "sales"), -1); // too old to be given out
	live_stop(l);
}
END_TEST

// What takes the store long is asked for seldom; what fails leaves what there was.
START_TEST(a_slow_store_has_time_for_others)
{
	struct live *l = begin();

	(void)rate(l, "acme", "sales");
	row("sales", 1, 1);
	pass(2000);
	end(0);
	pass(2000 * LIVE_SHARE - 1000);
	ck_assert_int_eq(rate(l, "acme", "sales"), 10000);
	ck_assert_uint_eq(fake.asked, 1);
	fake.busy = true;
	pass(2000);
	fake.busy = false;
	pass(LIVE_EVERY_MS);
	ck_assert_uint_eq(fake.asked, 2);
	row("sales", 2, 1);
	end(-EIO);
	ck_assert_int_eq(rate(l, "acme", "sales"), 10000);
	pass(LIVE_SHARE * LIVE_EVERY_MS);
	ck_assert_uint_eq(fake.asked, 3);
	end(0);
	ck_assert_int_eq(rate(l, "acme", "sales"), -1); // nobody came in that time
	live_stop(l);
}
END_TEST

// A store that has been failing for long has no figures of the last minutes.
START_TEST(what_is_old_is_not_given_out)
{
	struct live *l = begin();

	fake.at_once = true;
	(void)rate(l, "acme", "sales");
	fake.busy = true;
	for (unsigned i = 0; i < 60; i++) {
		ck_assert_int_eq(rate(l, "acme", "sales"), 10000);
		pass(1000);
	}
	pass(3 * LIVE_EVERY_MS);
	ck_assert_int_eq(rate(l, "acme", "sales"), -1);
	fake.busy = false;
	pass(LIVE_EVERY_MS + 100);
	ck_assert_int_eq(rate(l, "acme", "sales"), 10000);
	live_stop(l);
}
END_TEST

UNIT_MAIN("live", by_queue_as_figures_say, asked_for_while_somebody_asks,
	a_slow_store_has_time_for_others, what_is_old_is_not_given_out)
