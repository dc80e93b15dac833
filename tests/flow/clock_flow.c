// The wall clock is set while people talk: their records' times stay in order, and what lies
// between them is how long it took.
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "tests/flow/sim.h"

static uint64_t number(const struct sim_caller *c, const char *member)
{
	return strtoull(caller_record(c, member), NULL, 10);
}

static void times_fit(const struct sim_caller *c)
{
	uint64_t total_ns = number(c, "ended") - number(c, "started");

	ck_assert_uint_le(number(c, "started"), number(c, "answered"));
	ck_assert_uint_le(number(c, "answered"), number(c, "connected"));
	ck_assert_uint_le(number(c, "connected"), number(c, "ended"));
	ck_assert_uint_eq(total_ns, number(c, "total_ms") * 1000000);
	ck_assert_uint_eq(
		number(c, "ended") - number(c, "connected"), number(c, "talked_ms") * 1000000);
}

START_TEST(set_back_and_on_in_a_call)
{
	static const int64_t steps_s[] = {-60, 3600, -86400};

	for (unsigned i = 0; i < 3; i++) {
		sim_begin(&(struct sim_setup){0});
		struct sim_caller *c = ann_talks_to_alice();
		uint64_t begun_ms = sim_now_ms();
		sim_set_wall(steps_s[i]);
		sim_run(30000);
		phone_hang_up("alice");
		sim_run(100);
		times_fit(c);
		ck_assert_uint_ge(number(c, "total_ms"), 30000);
		ck_assert_uint_le(number(c, "total_ms"), sim_now_ms());
		ck_assert_uint_le(number(c, "talked_ms"), sim_now_ms() - begun_ms + 5000);
		sim_end();
	}
}
END_TEST

START_TEST(set_back_at_every_state)
{
	sim_begin(&(struct sim_setup){0});
	phone_register("alice");
	phone_answers("alice", 2000);
	struct sim_caller *c = dial("ann", "400");
	sim_set_wall(-100);
	sim_run(1100); // greeting
	sim_set_wall(-100);
	caller_presses(c, "1");
	sim_run(1000);
	sim_set_wall(-100);
	sim_run(10000);
	sim_set_wall(-100);
	caller_hangs_up(c);
	sim_run(100);
	times_fit(c);
	ck_assert_uint_ge(number(c, "total_ms"), 12000);
	ck_assert_uint_le(number(c, "total_ms"), 13000);
	sim_end();
}
END_TEST

UNIT_MAIN("clock", set_back_and_on_in_a_call, set_back_at_every_state)
