// What ringload counts: from the window in which the run began, apart where the host stood still.
#include "tests/unit/unit.h"

#include "bench/ringload/wire/tally.h"

#define MS 1000000ull

static struct tally tally;

static void begin(uint64_t from_ns)
{
	ck_assert_int_eq(tally_init(&tally), 0);
	tally_begin(&tally, from_ns);
}

START_TEST(first_packet_counts_wherever_in_a_window_the_run_began)
{
	for (uint64_t offset_ns = 0; offset_ns < TALLY_WINDOW_NS; offset_ns += MS / 2) {
		begin(1000 * MS + offset_ns);
		tally_count(&tally, 1000 * MS + offset_ns, TALLY_RECEIVED, 1);
		tally_count(&tally, 1200 * MS + offset_ns, TALLY_RECEIVED, 1);
		tally_finish(&tally);
		ck_assert_uint_eq(tally.whole.count[TALLY_RECEIVED], 2);
		ck_assert_uint_eq(tally.quiet.count[TALLY_RECEIVED], 2);
		tally_fini(&tally);
	}
}
END_TEST

START_TEST(ramp_before_the_run_is_not_counted)
{
	begin(1000 * MS);
	tally_count(&tally, 999 * MS, TALLY_RECEIVED, 1);
	tally_add(&tally, 999 * MS, TALLY_DELAY, 3 * MS);
	tally_finish(&tally);
	ck_assert_uint_eq(tally.whole.count[TALLY_RECEIVED], 0);
	ck_assert_uint_eq(tally.whole.value[TALLY_DELAY].count, 0);
	tally_fini(&tally);
}
END_TEST

START_TEST(what_lies_near_a_host_gap_is_counted_apart)
{
	begin(0);
	for (uint64_t ms = 1000; ms < 1400; ms++) {
		if (ms == 1210)
			tally_gap(&tally, 1200 * MS, 1210 * MS);
		tally_count(&tally, ms * MS, TALLY_SENT, 1);
		tally_advance(&tally, ms * MS);
	}
	tally_finish(&tally);
	ck_assert_uint_eq(tally.whole.count[TALLY_SENT], 400);
	// 40 ms before, 10 ms of gap, 40 ms after and the window in which that ends.
	ck_assert_uint_eq(tally.quiet.count[TALLY_SENT], 400 - 95);
	ck_assert_uint_eq(tally.gaps, 1);
	tally_fini(&tally);
}
END_TEST

UNIT_MAIN("tally", first_packet_counts_wherever_in_a_window_the_run_began,
	ramp_before_the_run_is_not_counted, what_lies_near_a_host_gap_is_counted_apart)
