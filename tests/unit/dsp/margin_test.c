// The sliding window of margins.
#include "tests/unit/unit.h"

#include "dsp/margin.h"

START_TEST(extremes_are_kept_for_their_window)
{
	struct margin m;
	struct margin_range r;

	margin_clear(&m, 1000000);
	ck_assert(!margin_range(&m, MARGIN_SPANS).known);
	margin_add(&m, 1000000, 30);
	margin_add(&m, 1000010, -5);
	margin_add(&m, 1000010 + MARGIN_SPAN_MS, 40);
	r = margin_range(&m, MARGIN_SPANS);
	ck_assert(r.known);
	ck_assert_int_eq(r.most, 40);
	ck_assert_int_eq(r.least, -5);
	r = margin_range(&m, 1);
	ck_assert_int_eq(r.least, 40);
	for (int i = 2; i <= MARGIN_SPANS; i++)
		margin_add(&m, 1000010 + i * MARGIN_SPAN_MS, 20);
	r = margin_range(&m, MARGIN_SPANS);
	ck_assert_int_eq(r.most, 40); // the oldest span that still counts
	ck_assert_int_eq(r.least, 20);
	margin_add(&m, 1000010 + 1000 * MARGIN_SPAN_MS, 7);
	r = margin_range(&m, MARGIN_SPANS);
	ck_assert_int_eq(r.most, 7);
	ck_assert_int_eq(r.least, 7);
}
END_TEST

START_TEST(shifts_move_what_was_measured)
{
	struct margin m;
	struct margin_range r;

	margin_clear(&m, 0);
	margin_add(&m, 0, 30);
	margin_add(&m, 0, 10);
	margin_shift(&m, -20);
	r = margin_range(&m, MARGIN_RECENT);
	ck_assert_int_eq(r.most, 10);
	ck_assert_int_eq(r.least, -10);
	margin_add(&m, 0, 100000); // no margin, a broken clock
	ck_assert_int_eq(margin_range(&m, 1).most, 10);
	margin_shift(&m, 5000);
	ck_assert(!margin_range(&m, 1).known);
}
END_TEST

UNIT_MAIN("margin", extremes_are_kept_for_their_window, shifts_move_what_was_measured)
