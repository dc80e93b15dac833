// The wall clock is set while people talk: their records' times stay in order, and what lies
// between them is how long it took.
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/flow/sim/sim.h"

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

static struct floor_agent_info alice;

static void ck_near_s(uint64_t ms, uint64_t s)
{
	ck_assert_uint_ge(ms + 200, s * 1000);
	ck_assert_uint_le(ms, s * 1000 + 200);
}

static void agent_each(const struct floor_agent_info *a, void *arg)
{
	if (strcmp(a->name, "alice") == 0)
		alice = *a;
}

// What agents, queues and lists count is time that passed, whoever sets the clock meanwhile.
START_TEST(set_while_it_is_counted)
{
	static const int64_t steps_s[] = {-7200, 7200};

	for (unsigned i = 0; i < 2; i++) {
		struct floor_queue_info q;
		struct call_info info;
		sim_begin(&(struct sim_setup){0});
		struct sim_caller *c = dial("ann", "500");
		sim_run(3000);
		sim_set_wall(steps_s[i]);
		sim_run(2000);
		struct callid id = caller_id(c);
		char text[CALLID_TEXT_MAX];
		ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &info), 0);
		ck_near_s(info.waited_ms, 5);
		ck_near_s(info.total_ms, 5);
		phone_register("alice");
		phone_answers("alice", 100);
		sim_run(5000);
		sim_set_wall(steps_s[i]);
		phone_hold("alice", true);
		sim_run(5000);
		phone_hold("alice", false);
		caller_hangs_up(c);
		sim_run(100);
		times_fit(c);
		ck_near_s(number(c, "waited_ms"), 5);
		ck_near_s(number(c, "talked_ms"), 10);
		ck_near_s(number(c, "total_ms"), 15);
		floor_agents(calls_floor(sim_calls()), agent_each, NULL);
		ck_near_s(alice.talked_ms, 10);
		ck_assert(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q));
		ck_near_s(q.waited_ms, 5);
		sim_end();
	}
}
END_TEST

UNIT_MAIN("clock", set_while_it_is_counted, set_back_and_on_in_a_call, set_back_at_every_state)
