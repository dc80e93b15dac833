// A call's segments: each wait in a queue and each conversation is one, closed with its reason. At
// every end the simulator judges that none is left open, and that they are in order.
#include "tests/unit/unit.h"

#include "tests/flow/sim/sim.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': one}\n"
	"  flows:\n"
	"    one: {a: {queue: first, then: b}, b: {queue: second, then: c}, c: {hangup}}\n"
	"  queues:\n"
	"    first: {agents: [alice], wait_max: 2s, short_call: 3s, wrap_up: 0s}\n"
	"    second: {agents: [bob], wait_max: 4s, wrap_up: 0s}\n"
	"  agents: {alice: {password: a}, bob: {password: b}}\n";

static struct sim_caller *begin(const char *agent)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	if (agent != NULL) {
		phone_register(agent);
		phone_answers(agent, 100);
	}
	struct sim_caller *c = dial("ann", "1");
	sim_run(500);
	return c;
}

static void finish(const struct sim_caller *c, const char *segments)
{
	sim_run(100);
	ck_assert_str_eq(caller_segments(c), segments);
	sim_end();
}

START_TEST(of_two_queues)
{
	struct sim_caller *c = begin("bob");
	sim_run(5000);
	phone_hang_up("bob");
	finish(c, "first//timeout second//connected second/bob/agent-hangup");
	c = begin(NULL);
	sim_run(10000);
	finish(c, "first//timeout second//timeout");
	c = begin(NULL);
	caller_hangs_up(c);
	finish(c, "first//abandoned");
}
END_TEST

START_TEST(of_an_agent_who_hung_up_at_once)
{
	struct sim_caller *c = begin("alice");
	phone_hang_up("alice");
	sim_run(500);
	ck_assert_str_eq(caller_segments(c), "first//connected first/alice/hung-up");
	phone_register("bob");
	phone_answers("bob", 100);
	sim_run(4000);
	caller_hangs_up(c);
	finish(c,
		"first//connected first/alice/hung-up first//timeout second//connected "
		"second/bob/caller-hangup");
}
END_TEST

START_TEST(ended_by_us)
{
	struct sim_caller *c = begin("alice");
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	finish(c, "first//connected first/alice/operator");
}
END_TEST

UNIT_MAIN("segment", of_two_queues, of_an_agent_who_hung_up_at_once, ended_by_us)
