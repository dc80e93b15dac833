// Hours of the week: what is one, and when they begin and end, over changes of clocks.
#include "control/queue/hours.h"

#include <inttypes.h>
#include <stdlib.h>

#include "engine/base/rng.h"
#include "tests/unit/unit.h"

#define EUROPE	 "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define LORD	 "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0" // half an hour

static void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

START_TEST(what_hours_are)
{
	static const char *const good[] = {"09:00-12:00", "00:00-24:00", "22:00-06:00",
		"mon-fri 13:00-14:00", "sat 10:00-24:00", "fri-mon 22:00-00:00"};
	static const char *const bad[] = {"", "9:00-12:00", "09:00", "09:00-", "09:00-12:0",
		"09:00-12:000", "09:60-12:00", "09:00-24:01", "24:00-09:00", "09:00-09:00", "mon",
		"mon09:00-12:00", "mon  09:00-12:00", "mon- 09:00-12:00", "mo-fr 09:00-12:00",
		"mon,tue 09:00-12:00", "Mon 09:00-12:00", "mon-fri", "09:00-12:00 ", "09.00-12.00"};
	struct hours h;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(hours_parse(good[i], &h), "%s", good[i]);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!hours_parse(bad[i], &h), "%s", bad[i]);
	ck_assert(hours_parse("fri-mon 22:00-06:30", &h));
	ck_assert_uint_eq(h.days, 1u << 5 | 1u << 6 | 1u << 0 | 1u << 1);
	ck_assert_uint_eq(h.from, 22 * 60);
	ck_assert_uint_eq(h.to, 6 * 60 + 30);
}
END_TEST

// The moments of UTC at which they begin and end, in turn, from this one on.
static void ck_changes(
	const char *text, time_t from, bool in, const time_t *expected, unsigned count)
{
	struct hours h;
	ck_assert(hours_parse(text, &h));
	for (unsigned i = 0; i <= count; i++) {
		ck_assert_msg(hours_in(&h, 1, from) == in, "%s at %" PRIi64, text, (int64_t)from);
		if (i < count)
			ck_assert_int_eq(hours_change(&h, 1, from), expected[i]);
		from = expected[i < count ? i : 0];
		in = !in;
	}
}

#define CHANGES(tz, text, from, in, ...)                                         \
	do {                                                                     \
		zone(tz);                                                        \
		ck_changes(text, from, in, (const time_t[]){__VA_ARGS__},        \
			sizeof((const time_t[]){__VA_ARGS__}) / sizeof(time_t)); \
	} while (0)

#define SPRING	 1774742400 // Sunday 2026-03-29 00:00 UTC: at 01:00 02:00 becomes 03:00
#define AUTUMN	 1792886400 // Sunday 2026-10-25 00:00 UTC: at 01:00 03:00 becomes 02:00
#define JUNE	 1780272000 // Monday 2026-06-01 00:00 UTC
#define AT(h, m) ((h)*3600 + (m)*60)

START_TEST(when_they_begin_and_end)
{
	CHANGES("UTC0", "09:00-12:00", JUNE, false, JUNE + AT(9, 0), JUNE + AT(12, 0),
		JUNE + AT(33, 0));
	CHANGES("UTC0", "09:00-12:00", JUNE + AT(9, 0) - 1, false, JUNE + AT(9, 0));
	CHANGES("UTC0", "tue 22:00-06:00", JUNE, false, JUNE + AT(46, 0), JUNE + AT(54, 0),
		JUNE + AT(46 + 168, 0));
	CHANGES("UTC0", "sat-sun 00:00-24:00", JUNE, false, JUNE + AT(5 * 24, 0),
		JUNE + AT(7 * 24, 0));
	CHANGES(EUROPE, "09:00-12:00", SPRING, false, SPRING + AT(7, 0), SPRING + AT(10, 0));
	CHANGES(EUROPE, "09:00-12:00", AUTUMN, false, AUTUMN + AT(8, 0), AUTUMN + AT(11, 0));
}
END_TEST

START_TEST(where_clocks_are_changed)
{
	// 02:00 to 03:00 is not there on that day, and twice on the other.
	CHANGES(EUROPE, "02:15-02:45", SPRING - AT(12, 0), false, SPRING + AT(24, 15));
	CHANGES(EUROPE, "01:30-02:30", SPRING, false, SPRING + AT(0, 30), SPRING + AT(1, 0));
	CHANGES(EUROPE, "02:30-03:30", SPRING, false, SPRING + AT(1, 0), SPRING + AT(1, 30));
	CHANGES(EUROPE, "02:15-02:45", AUTUMN, false, AUTUMN + AT(0, 15), AUTUMN + AT(0, 45),
		AUTUMN + AT(1, 15), AUTUMN + AT(1, 45));
	CHANGES(EUROPE, "02:30-03:00", AUTUMN, false, AUTUMN + AT(0, 30), AUTUMN + AT(1, 0),
		AUTUMN + AT(1, 30), AUTUMN + AT(2, 0));
	CHANGES(EUROPE, "01:00-05:00", AUTUMN, true, AUTUMN + AT(4, 0));
}
END_TEST

START_TEST(never_another)
{
	struct hours h;
	zone(EUROPE);
	ck_assert(hours_parse("00:00-24:00", &h));
	for (time_t t = AUTUMN - AT(48, 0); t < AUTUMN + AT(48, 0); t += 1800)
		ck_assert_int_eq(hours_change(&h, 1, t), 0);
}
END_TEST

static unsigned hours_drawn(struct rng *rng, struct hours *list)
{
	unsigned count = 1 + (unsigned)rng_below(rng, 4);
	for (unsigned i = 0; i < count; i++) {
		list[i].days = (uint8_t)(1 + rng_below(rng, 127));
		list[i].from = (uint16_t)rng_below(rng, 1440);
		do
			list[i].to = (uint16_t)rng_below(rng, 1441);
		while (list[i].to == list[i].from);
	}
	return count;
}

// By a look at each minute.
START_TEST(no_other_moment_is_one)
{
	static const struct {
		const char *tz;
		time_t from;
	} weeks[] = {{EUROPE, SPRING}, {EUROPE, AUTUMN}, {NEW_YORK, 1772928000},
		{NEW_YORK, 1793491200}, {LORD, 1775318400}, {LORD, 1791043200}, {LORD, JUNE}};
	struct rng rng;
	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 140; i++) {
		struct hours list[4];
		unsigned count = hours_drawn(&rng, list);
		time_t from = weeks[i % 7].from - 3600 * (time_t)rng_below(&rng, 96);
		zone(weeks[i % 7].tz);
		bool in = hours_in(list, count, from);
		time_t t = from;
		while (t < from + 8 * 86400 && hours_in(list, count, t) == in)
			t += 60;
		if (t < from + 7 * 86400)
			ck_assert_int_eq(hours_change(list, count, from), t);
	}
}
END_TEST

UNIT_MAIN("hours", what_hours_are, when_they_begin_and_end, where_clocks_are_changed, never_another,
	no_other_moment_is_one)
