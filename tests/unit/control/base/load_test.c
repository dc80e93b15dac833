// Load: the sign nearest to its limit, when overload begins and ends, that a stall is none, and
// neither is what the host takes.
#include "tests/unit/unit.h"

#include "control/base/load.h"
#include "engine/base/rng.h"

static struct load load;
static struct load_sample now; // counters so far

static void begin(void)
{
	load_init(&load, 2);
	load.limits = (struct load_limits){.busy_percent = 80,
		.late_ms = 10,
		.missed_permille = 2,
		.stolen_percent = 20,
		.from_percent = 80};
	now = (struct load_sample){.at_ms = 5000};
}

// What worker 1 does in a step; worker 0 stays idle.
struct step {
	unsigned busy_percent, gap_percent, steal, taken_percent, late, missed, packets;
	uint64_t late_ns;
};

static unsigned pass(const struct step *s)
{
	struct load_worker *w = &now.worker[1];

	now.at_ms += LOAD_STEP_MS;
	w->busy_ns += s->busy_percent * LOAD_STEP_MS * 10000ull;
	w->gap_ns += s->gap_percent * LOAD_STEP_MS * 10000ull;
	w->steal += s->steal;
	w->watched_ns += 1000000;
	w->taken_ns += s->taken_percent * 10000ull;
	w->cpu += 10;
	w->late[0] += 100 - s->late;
	w->late[late_class(s->late_ns)] += s->late;
	now.rx_missed += s->missed;
	now.rx_packets += s->packets;
	*load_fill(&load) = now;
	return load_take(&load);
}

// How often overload began or ended.
static unsigned passes(unsigned count, const struct step *s)
{
	unsigned turns = 0;

	for (unsigned i = 0; i < count; i++) {
		bool over = load.over;
		pass(s);
		turns += load.over != over;
	}
	return turns;
}

START_TEST(late_classes_ascend)
{
	for (unsigned i = 0; i + 1 < LATE_CLASSES; i++) {
		uint64_t begin_ns = late_class_us(i) * 1000ull + 1000;

		ck_assert_uint_lt(late_class_us(i), late_class_us(i + 1));
		ck_assert_uint_eq(late_class(begin_ns), i);
	}
	ck_assert_uint_eq(late_class(0), 0);
	ck_assert_uint_eq(late_class(UINT64_MAX), LATE_CLASSES - 1);
	// No class is wider than a quarter of its value from 131 µs on.
	for (unsigned i = 4; i + 1 < LATE_CLASSES; i++)
		ck_assert_uint_le(late_class_us(i + 1), late_class_us(i) * 5 / 4 + 1);
}
END_TEST

START_TEST(each_sign)
{
	static const struct {
		struct step step;
		enum load_sign sign;
		unsigned percent;
	} cases[] = {
		{{.busy_percent = 40}, LOAD_BUSY, 50},
		// What interrupts take is missing from what it has, what the host takes is not:
		// that comes back, and lateness and loss say when it did not.
		{{.taken_percent = 50, .busy_percent = 20}, LOAD_BUSY, 50},
		{{.taken_percent = 99, .busy_percent = 2}, LOAD_BUSY, 50},
		{{.gap_percent = 60, .busy_percent = 40}, LOAD_BUSY, 50},
		{{.steal = 6, .busy_percent = 40}, LOAD_BUSY, 50},
		{{.late = 2, .late_ns = 4900000, .busy_percent = 10}, LOAD_LATE, 52},
		{{.late = 1, .late_ns = 4900000, .busy_percent = 10}, LOAD_BUSY, 12},
		{{.missed = 20, .packets = 19980}, LOAD_MISSED, 50},
		// One of ten packets, but so few that it says nothing.
		{{.missed = 1, .packets = 9}, LOAD_MISSED, 50},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		ck_assert_uint_eq(passes(20, &cases[i].step), 0);
		ck_assert_int_eq(load.sign, cases[i].sign);
		ck_assert_uint_eq(load_percent(&load), cases[i].percent);
		ck_assert(!load.over);
	}
}
END_TEST

START_TEST(a_limit_of_0_does_not_count)
{
	begin();
	load.limits = (struct load_limits){.from_percent = 80};
	ck_assert_uint_eq(passes(30,
				  &(struct step){.busy_percent = 100,
					  .steal = 9,
					  .late = 50,
					  .late_ns = 50000000,
					  .missed = 500,
					  .packets = 1000}),
		0);
	ck_assert_uint_eq(load_percent(&load), 0);
	ck_assert_uint_eq(load.worker[1].busy_permille, 1000);
}
END_TEST

START_TEST(refuses_more_the_higher_it_is)
{
	const struct step low = {.busy_percent = 63}, high = {.busy_percent = 72},
			  full = {.busy_percent = 85}, calm = {.busy_percent = 20};

	begin();
	ck_assert_uint_eq(passes(30, &low), 0);
	ck_assert_uint_eq(load.refuse_percent, 0);
	ck_assert_uint_eq(passes(30, &high), 1);
	ck_assert(load.over);
	ck_assert_uint_eq(load_percent(&load), 90);
	ck_assert_uint_eq(load.refuse_percent, 50);
	ck_assert_uint_eq(passes(30, &full), 0);
	ck_assert_uint_eq(load.refuse_percent, 100);
	// Below where refusing begins nothing is refused, but it is over a second later.
	ck_assert_uint_eq(passes(10, &calm), 0);
	ck_assert(load.over);
	ck_assert_uint_eq(load.refuse_percent, 0);
	ck_assert_uint_eq(passes(10, &calm), 1);
	ck_assert(!load.over);
}
END_TEST

START_TEST(one_sample_is_not_overload)
{
	begin();
	passes(20, &(struct step){.busy_percent = 30});
	pass(&(struct step){.missed = 1000, .packets = 1000});
	ck_assert(!load.over);
	ck_assert_uint_gt(load_percent(&load), 100);
	pass(&(struct step){.busy_percent = 30});
	ck_assert(load.over);
}
END_TEST

START_TEST(a_stall_is_not_load)
{
	begin();
	passes(20, &(struct step){.busy_percent = 30});
	// Nobody ran for four seconds, and what was queued is found at once.
	now.at_ms += 4000;
	now.worker[1].gap_ns += 4000000000;
	now.rx_missed += 5000;
	ck_assert_uint_eq(passes(40, &(struct step){.busy_percent = 30}), 0);
	ck_assert_uint_eq(load_percent(&load), 37);
}
END_TEST

START_TEST(late_counters_wrap)
{
	begin();
	now.worker[1].late[0] = UINT32_MAX - 150;
	passes(20, &(struct step){.late = 5, .late_ns = 4900000});
	ck_assert_uint_eq(load.worker[1].late_us, 5242);
}
END_TEST

// What an idle node on a shared machine sees: the host takes most of its time, in lumps.
START_TEST(stolen_time_refuses_nobody)
{
	unsigned told = 0;

	begin();
	for (unsigned i = 0; i < 600; i++) {
		const struct step s = {.busy_percent = 1,
			.gap_percent = i % 3 ? 60 : 70,
			.steal = 6,
			.taken_percent = i % 5 ? 10 : 90};
		told += pass(&s) == LOAD_TURN_STOLEN;
		ck_assert(!load.over);
		ck_assert_uint_eq(load.refuse_percent, 0);
	}
	ck_assert_uint_gt(load.worker[1].stolen_permille, 600);
	ck_assert_uint_eq(told, 1);
	ck_assert(load.stolen.stands);
}
END_TEST

// A worker that stood still for 18 ms in a turn begins its sub-slots late until it has caught up.
START_TEST(one_gap_is_not_late)
{
	const struct step calm = {.busy_percent = 10},
			  gap = {.late = 18, .late_ns = 12000000, .busy_percent = 28};

	begin();
	passes(20, &calm);
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_uint_eq(passes(2, &gap) + passes(9, &calm), 0);
		ck_assert_uint_eq(load.percent[LOAD_LATE], 0);
	}
}
END_TEST

START_TEST(lateness_refuses)
{
	const struct step late = {.late = 5, .late_ns = 9000000, .busy_percent = 40};

	begin();
	ck_assert_uint_eq(passes(20, &late), 1);
	ck_assert(load.over && load.overload.stands);
	ck_assert_int_eq(load.sign, LOAD_LATE);
	ck_assert_uint_gt(load.refuse_percent, 0);
}
END_TEST

// Refusing follows the load within a second; what is told stands until all was well for long.
START_TEST(told_once)
{
	const struct step full = {.busy_percent = 85}, calm = {.busy_percent = 20};
	unsigned turns = 0;

	begin();
	passes(20, &calm);
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned k = 0; k < 30; k++)
			turns += pass(&full) != 0;
		ck_assert_uint_gt(load.refuse_percent, 0);
		for (unsigned k = 0; k < 30; k++)
			turns += pass(&calm) != 0;
		ck_assert_uint_eq(load.refuse_percent, 0);
	}
	ck_assert_uint_eq(turns, 1);
	for (unsigned k = 0; k < 100; k++)
		turns += pass(&calm) != 0;
	ck_assert_uint_eq(turns, 2);
	ck_assert(!load.overload.stands);
}
END_TEST

// Ten minutes of a shared machine: each sample is anything, around the limits of all signs.
START_TEST(ten_minutes_of_noise)
{
	struct rng rng;

	for (unsigned seed = 1; seed <= 20; seed++) {
		unsigned lines = 0;

		begin();
		rng_seed(&rng, seed);
		for (unsigned i = 0; i < 6000; i++) {
			const struct step s = {.busy_percent = 30 + rng_below(&rng, 70),
				.gap_percent = rng_below(&rng, 45),
				.taken_percent = rng_below(&rng, 20),
				.late = rng_below(&rng, 20) == 0 ? 3 : 0,
				.late_ns = 8500000};
			unsigned turns = pass(&s);
			lines += (turns & LOAD_TURN_OVERLOAD) != 0;
			lines += (turns & LOAD_TURN_STOLEN) != 0;
		}
		ck_assert_uint_le(lines, 6);
	}
}
END_TEST

// The worst that can swing: it comes back as soon as its end was told.
START_TEST(what_comes_back_is_told_less_often)
{
	struct spell s;
	unsigned turns = 0;

	spell_init(&s, 10000, 600000);
	for (uint64_t now_ms = 1000; now_ms < 601000; now_ms += 100)
		turns += spell_take(&s, !s.stands, false, now_ms);
	ck_assert_uint_le(turns, 12); // 10 + 20 + 40 … seconds
	// What was away for long is told at once again, and for as short as the first time.
	ck_assert(!spell_take(&s, false, false, 5000000) || !s.stands);
	ck_assert(spell_take(&s, true, true, 9000000));
	ck_assert(!spell_take(&s, false, false, 9009900));
	ck_assert(spell_take(&s, false, false, 9010000));
}
END_TEST

UNIT_MAIN("load", late_classes_ascend, each_sign, a_limit_of_0_does_not_count,
	refuses_more_the_higher_it_is, one_sample_is_not_overload, a_stall_is_not_load,
	late_counters_wrap, stolen_time_refuses_nobody, one_gap_is_not_late, lateness_refuses,
	told_once, ten_minutes_of_noise, what_comes_back_is_told_less_often)
