// Several phones rung for one caller: the first that is ready has the call, the others are let go
// at once. The router hands out one at a time, so the further offers come by its way to the calls.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/call/call_private.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': one, '2': two}\n"
	"  prompts: {music: m.wav, who: w.wav}\n"
	"  flows:\n"
	"    one: {a: {queue: sales, then: b}, b: {hangup}}\n"
	"    two: {a: {queue: asks, then: b}, b: {hangup}}\n"
	"  queues:\n"
	"    sales: {agents: [alice], music: music, wait_max: 5s, ring_timeout: 20s,\n"
	"            wrap_up: 0s}\n"
	"    asks: {agents: [alice], music: music, answer_prompt: who, wrap_up: 0s}\n"
	"  agents: {alice: {password: a}, bob: {password: b}, cleo: {password: c}}\n";

static const char *const names[] = {"alice", "bob", "cleo"};

static struct call *call_of(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	return call_by_id(sim_calls(), &id);
}

// As the router would, of an agent that serves no queue of its own.
static void offer(const struct sim_caller *c, const char *agent)
{
	const struct call *call = call_of(c);
	struct floor_agent_info info;
	ck_assert(floor_agent_find(calls_floor(sim_calls()), agent, &info));
	struct router_message m = {.kind = ROUTER_OFFER,
		.ticket = call->wait.ticket,
		.call = call->key,
		.agent = info.id,
		.offer = (uint64_t)info.id << 32 | 0x4711,
		.decision.ring_ms = 20000};
	call_on_router(&m, sim_calls());
}

static struct sim_caller *all_ring(const char *number)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .several = true});
	for (unsigned i = 0; i < 3; i++)
		phone_register(names[i]);
	struct sim_caller *c = dial("ann", number);
	sim_run(200);
	offer(c, "bob");
	offer(c, "cleo");
	sim_run(200);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(phone_busy(names[i]));
	ck_assert_str_eq(caller_hears(c), "music");
	ck_assert_uint_eq(party_count(&call_of(c)->parties, PARTY_AGENT, PARTY_RINGING), 3);
	return c;
}

static void ck_has(const struct sim_caller *c, const char *winner)
{
	for (unsigned i = 0; i < 3; i++)
		ck_assert_msg(phone_busy(names[i]) == str_equal(names[i], winner), "%s", names[i]);
	ck_assert_str_eq(caller_hears(c), winner);
	ck_assert_str_eq(phone_hears(winner), "ann");
	ck_assert_uint_eq(call_of(c)->parties.count, 2);
}

static unsigned told(const struct sim_caller *c, const char *word)
{
	unsigned count = 0;
	for (const char *at = caller_story(c); (at = strstr(at, word)) != NULL; at++)
		count++;
	return count;
}

START_TEST(the_first_has_the_call)
{
	for (unsigned w = 0; w < 3; w++) {
		struct sim_caller *c = all_ring("1");
		phone_pick_up(names[w]);
		sim_run(100);
		ck_has(c, names[w]);
		ck_assert_uint_eq(told(c, "elsewhere"), 2);
		ck_assert_uint_eq(told(c, " connected:"), 1);
		sim_run(6000); // beyond wait_max
		ck_has(c, names[w]);
		caller_hangs_up(c);
		sim_run(100);
		ck_assert_str_eq(caller_record(c, "agent"), names[w]);
		sim_end();
	}
}
END_TEST

// The CANCEL of the second and its 200 cross.
START_TEST(two_answer_at_the_same_moment)
{
	struct sim_caller *c = all_ring("1");
	phone_pick_up("cleo");
	phone_pick_up("bob");
	phone_pick_up("alice");
	sim_run(100);
	ck_has(c, "cleo");
	ck_assert_uint_eq(told(c, "elsewhere"), 2);
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

// Two hear who comes; whose prompt is over first has it, though it was the other one's that began.
START_TEST(answered_and_not_ready)
{
	struct sim_caller *c = all_ring("2");
	phone_pick_up("bob");
	sim_run(100);
	ck_assert_str_eq(phone_hears("bob"), "who");
	ck_assert(phone_busy("alice") && phone_busy("cleo"));
	phone_pick_up("alice");
	sim_run(100);
	ck_assert_str_eq(phone_hears("alice"), "who");
	phone_hang_up("bob");
	sim_run(10000);
	ck_has(c, "alice");
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(one_after_the_other_gives_up)
{
	struct sim_caller *c = all_ring("1");
	phone_rejects("bob", 10, 486);
	phone_unregister("alice");
	phone_unregister("bob");
	phone_unregister("cleo");
	sim_run(100);
	phone_hang_up("bob");
	phone_hang_up("cleo");
	sim_run(25000); // wait_max is over, and so are the phones
	ck_assert(!caller_alive(c));
	ck_assert_uint_eq(told(c, " connected:"), 0);
	ck_assert_str_eq(caller_record(c, "agent"), "");
	sim_end();
}
END_TEST

// The last of them is waited for beyond wait_max: that is the best that can come.
START_TEST(the_last_one_rings_on)
{
	struct sim_caller *c = all_ring("1");
	phone_unregister("alice"); // lets it go
	sim_run(7000);
	ck_assert(caller_alive(c));
	phone_pick_up("bob");
	sim_run(100);
	ck_has(c, "bob");
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(the_caller_goes)
{
	struct sim_caller *c = all_ring("1");
	caller_hangs_up(c);
	sim_run(100);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(!phone_busy(names[i]));
	ck_assert_uint_eq(told(c, "caller-gone"), 3);
	sim_end();
}
END_TEST

// Phones that answer no CANCEL hold up neither the call nor its end.
START_TEST(a_phone_that_does_not_let_go)
{
	struct sim_caller *c = all_ring("1");
	phone_stuck("bob");
	phone_pick_up("alice");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_run(200000);
	sim_end();
}
END_TEST

UNIT_MAIN("several", the_first_has_the_call, two_answer_at_the_same_moment, answered_and_not_ready,
	one_after_the_other_gives_up, the_last_one_rings_on, the_caller_goes,
	a_phone_that_does_not_let_go)
