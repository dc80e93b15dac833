// Turns are spaced while they come thick, and only then.
#include "tests/unit/unit.h"

#include "control/base/late.h"
#include "control/base/pace.h"

#define MS 1000000ull

// So many turns, one every gap_ns, as far as they are let. Returns what was waited in all.
static uint64_t turns(struct pace *p, uint64_t *now_ns, unsigned count, uint64_t gap_ns)
{
	uint64_t waited_ns = 0;

	for (unsigned i = 0; i < count; i++) {
		*now_ns += gap_ns;
		uint64_t wait_ns = pace_gap(p, *now_ns);
		ck_assert_uint_le(wait_ns, PACE_NS);
		*now_ns += wait_ns;
		waited_ns += wait_ns;
	}
	return waited_ns;
}

START_TEST(a_lone_callers_turns_are_not_spaced)
{
	struct pace p = {0};
	uint64_t now_ns = 5000 * MS;

	ck_assert_uint_eq(turns(&p, &now_ns, 1000, 3 * MS), 0);
	for (unsigned i = 0; i < 100; i++) { // a call's few turns, then nothing for a while
		ck_assert_uint_eq(turns(&p, &now_ns, 4, MS / 10), 0);
		now_ns += 50 * MS;
	}
}
END_TEST

START_TEST(thick_ones_are_a_millisecond_apart)
{
	struct pace p = {0};
	uint64_t now_ns = 5000 * MS;

	(void)turns(&p, &now_ns, 300, MS / 10);
	uint64_t begin_ns = now_ns;
	(void)turns(&p, &now_ns, 100, MS / 10);
	ck_assert_uint_eq(now_ns - begin_ns, 100 * MS);
}
END_TEST

START_TEST(long_ones_are_not_held_up)
{
	struct pace p = {0};
	uint64_t now_ns = 5000 * MS;

	(void)turns(&p, &now_ns, 300, MS / 10);
	ck_assert_uint_eq(turns(&p, &now_ns, 100, PACE_NS), 0);
}
END_TEST

START_TEST(a_rest_ends_it)
{
	struct pace p = {0};
	uint64_t now_ns = 5000 * MS;

	(void)turns(&p, &now_ns, 300, MS / 10);
	now_ns += 1000 * MS;
	ck_assert_uint_eq(turns(&p, &now_ns, 5, MS / 10), 0);
}
END_TEST

static char order[8];
static unsigned orders;

static void note(void *arg)
{
	order[orders++] = *(const char *)arg;
}

START_TEST(what_is_first_goes_before_the_rest)
{
	char names[] = "abc";
	struct loop_late a = {.fn = note, .arg = &names[0]}, b = {.fn = note, .arg = &names[1]},
			 c = {.fn = note, .arg = &names[2], .first = true};
	struct dlist list;

	ck_assert(!loop_later(&a)); // no loop
	late_begin(&list);
	ck_assert(loop_later(&a) && loop_later(&b) && loop_later(&c) && loop_later(&a));
	loop_never(&b);
	ck_assert(!late_run());
	ck_assert_str_eq(order, "ca");
	ck_assert(loop_later(&b));
	late_end();
	ck_assert(!b.due && !late_run());
}
END_TEST

UNIT_MAIN("pace", a_lone_callers_turns_are_not_spaced, thick_ones_are_a_millisecond_apart,
	long_ones_are_not_held_up, a_rest_ends_it, what_is_first_goes_before_the_rest)
