// Turns are spaced while they come thick, and only then.
#include "tests/unit/unit.h"

#include "control/base/late.h"
#include "control/base/pace.h"

#define MS 1000000ull

struct thread {
	struct pace pace;
	uint64_t now_ns, busy_ns;
	uint64_t work_ns; // of each turn
};

// So many turns, one every gap_ns, as far as they are let. Returns what was waited in all.
static uint64_t turns(struct thread *t, unsigned count, uint64_t gap_ns)
{
	uint64_t waited_ns = 0;

	for (unsigned i = 0; i < count; i++) {
		t->now_ns += gap_ns;
		t->busy_ns += t->work_ns;
		uint64_t wait_ns = pace_gap(&t->pace, t->now_ns, t->busy_ns);
		ck_assert_uint_le(wait_ns, PACE_NS);
		t->now_ns += wait_ns;
		waited_ns += wait_ns;
	}
	return waited_ns;
}

START_TEST(a_lone_callers_turns_are_not_spaced)
{
	struct thread t = {.now_ns = 5000 * MS, .work_ns = MS / 5};

	ck_assert_uint_eq(turns(&t, 1000, 3 * MS), 0);
	for (unsigned i = 0; i < 100; i++) { // a call's few turns, then nothing for a while
		ck_assert_uint_eq(turns(&t, 4, MS / 10), 0);
		t.now_ns += 50 * MS;
	}
}
END_TEST

START_TEST(thick_ones_are_a_millisecond_apart)
{
	struct thread t = {.now_ns = 5000 * MS, .work_ns = MS / 5};

	(void)turns(&t, 600, MS / 10);
	uint64_t begin_ns = t.now_ns;
	(void)turns(&t, 100, MS / 10);
	ck_assert_uint_eq(t.now_ns - begin_ns, 100 * MS);
}
END_TEST

START_TEST(long_ones_are_not_held_up)
{
	struct thread t = {.now_ns = 5000 * MS, .work_ns = MS / 5};

	(void)turns(&t, 600, MS / 10);
	ck_assert_uint_eq(turns(&t, 100, PACE_NS), 0);
}
END_TEST

START_TEST(a_rest_ends_it)
{
	struct thread t = {.now_ns = 5000 * MS, .work_ns = MS / 5};

	(void)turns(&t, 600, MS / 10);
	t.now_ns += 1000 * MS;
	ck_assert_uint_eq(turns(&t, 5, MS / 10), 0);
}
END_TEST

// Turns that come as thick, of a thread that has little to do.
START_TEST(a_thread_with_little_to_do_serves_at_once)
{
	struct thread t = {.now_ns = 5000 * MS, .work_ns = MS / 20};

	ck_assert_uint_eq(turns(&t, 3000, MS), 0);
	t.work_ns = MS;
	ck_assert_uint_eq(turns(&t, 9, MS), 0); // one burst is no load
	t.work_ns = MS / 20;
	ck_assert_uint_eq(turns(&t, 3000, MS * 9 / 10), 0);
}
END_TEST

// Gathering itself makes for less work: it goes on with that.
START_TEST(what_is_spared_is_no_rest)
{
	struct thread t = {.now_ns = 5000 * MS, .work_ns = MS / 5};

	(void)turns(&t, 600, MS / 10);
	t.work_ns = MS * 3 / 20;
	(void)turns(&t, 600, MS / 10);
	uint64_t begin_ns = t.now_ns;
	(void)turns(&t, 100, MS / 10);
	ck_assert_uint_eq(t.now_ns - begin_ns, 100 * MS);
	t.work_ns = MS / 25;
	(void)turns(&t, 1000, MS / 10);
	ck_assert_uint_eq(turns(&t, 100, MS), 0);
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
	long_ones_are_not_held_up, a_rest_ends_it, a_thread_with_little_to_do_serves_at_once,
	what_is_spared_is_no_rest, what_is_first_goes_before_the_rest)
