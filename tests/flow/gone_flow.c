// Who waits for somebody that goes: the agent is set away or removed while the phone rings, the
// queue is removed by a reload.
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/flow/sim/sim.h"

#define WAITS	  "started answered step:sales queued:sales"
#define MOVED	  " dequeued:queue-removed step:over"
#define FLOW_ENDS " ended:flow-end/system/flow"

#define HEAD                                                     \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"          \
	"  numbers: {'500': direct, '600': asks}\n"              \
	"  prompts: {over: o.wav, music: m.wav}\n"               \
	"  agents: {alice: {password: a}, bob: {password: b}}\n" \
	"  flows:\n"                                             \
	"    direct: {sales: {queue: sales, then: over}, over: {hangup: over}}\n"

static const char with[] =
	HEAD "    asks: {ask: {menu: over, digits: {1: sales}, tries: 9, timeout: 60s},\n"
	     "           sales: {queue: sales, then: over}, over: {hangup: over}}\n"
	     "  queues: {sales: {agents: [alice, bob], music: music, ring_timeout: 10s,\n"
	     "                   wrap_up: 0s, reject_pause: 20s}}\n";
static const char without[] = "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
			      "  numbers: {'500': direct}\n"
			      "  flows: {direct: {a: {queue: other}}}\n"
			      "  queues: {other: {agents: [bob]}}\n"
			      "  agents: {bob: {password: b}}\n";

static struct sim_caller *waits(const char *from)
{
	struct sim_caller *c = dial(from, "500");
	sim_run(100);
	return c;
}

static struct sim_caller *rings_alice(void)
{
	sim_begin(&(struct sim_setup){.yaml = with});
	phone_register("alice");
	struct sim_caller *c = waits("ann");
	sim_run(500);
	ck_assert(phone_busy("alice"));
	return c;
}

START_TEST(away_while_it_rings)
{
	struct sim_caller *c = rings_alice(), *later = waits("ben");
	ck_assert_int_eq(calls_agent_set(sim_calls(), "nobody", false), -ENOENT);
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", false), 0);
	sim_run(20);
	ck_assert(!phone_busy("alice"));
	ck_assert_str_eq(caller_hears(c), "music");
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out");
	phone_answers("bob", 100);
	phone_register("bob");
	sim_run(300);
	ck_assert_str_eq(caller_hears(c), "bob"); // before who came later
	ck_assert_str_eq(caller_hears(later), "music");
	caller_hangs_up(c);
	caller_hangs_up(later);
	ck_story(c,
		WAITS " offered:alice over:alice/set offered:bob dequeued:connected "
		      "connected:bob ended:caller-hangup/caller/talking");
	sim_end();
}
END_TEST

// No fault of the agent's: nothing is held against who changes the mind.
START_TEST(and_back_again)
{
	struct floor_agent_info info;
	struct sim_caller *c = rings_alice();
	calls_agent_set(sim_calls(), "alice", false);
	calls_agent_set(sim_calls(), "alice", true);
	phone_answers("alice", 100);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_uint_eq(phone_invites("alice"), 2);
	ck_assert(floor_agent_find(calls_floor(sim_calls()), "alice", &info));
	ck_assert_uint_eq(info.missed, 0);
	calls_agent_set(sim_calls(), "alice", false); // talks: at its end
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out");
	sim_end();
}
END_TEST

// The router decides in the same instant in which the agent goes: no phone rings.
START_TEST(away_at_the_same_instant)
{
	for (unsigned ms = 0; ms < 30; ms++) {
		sim_begin(&(struct sim_setup){.yaml = with});
		phone_register("alice");
		sim_run(1000);
		struct sim_caller *c = dial("ann", "500");
		sim_run(ms);
		calls_agent_set(sim_calls(), "alice", false);
		sim_run(20);
		ck_assert(!phone_busy("alice"));
		ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out");
		sim_run(100);
		ck_assert_str_eq(caller_hears(c), "music");
		caller_hangs_up(c);
		sim_end();
	}
}
END_TEST

START_TEST(removed_while_it_rings)
{
	struct sim_caller *c = rings_alice();
	phone_register("bob");
	sim_reload(HEAD "    asks: {a: {queue: sales}}\n"
			"  queues: {sales: {agents: [bob]}}\n");
	sim_run(20);
	ck_assert(phone_busy("alice")); // it is no member any more, and may still take this call
	sim_reload(without);
	sim_run(20);
	ck_assert(!phone_busy("alice"));
	sim_run(100);
	ck_story(c, WAITS " offered:alice over:alice/removed" MOVED);
	sim_run(5000);
	ck_story(c, WAITS " offered:alice over:alice/removed" MOVED FLOW_ENDS);
	sim_end();
}
END_TEST

START_TEST(a_queue_is_removed)
{
	struct floor_queue_info q;
	sim_begin(&(struct sim_setup){.yaml = with});
	struct sim_caller *a = waits("ann"), *b = waits("ben");
	sim_reload(without);
	sim_run(20);
	ck_story(a, WAITS MOVED);
	ck_story(b, WAITS MOVED);
	ck_assert_str_ne(caller_hears(a), "music");
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q), 0);
	caller_hangs_up(b);
	sim_run(5000);
	ck_story(a, WAITS MOVED FLOW_ENDS);
	sim_end();
}
END_TEST

// An agent whose phone rings may still take the call; where the agent does not, the caller goes on.
START_TEST(a_queue_is_removed_while_it_rings)
{
	for (unsigned answers = 0; answers < 2; answers++) {
		sim_begin(&(struct sim_setup){.yaml = with});
		phone_register("bob");
		struct sim_caller *c = waits("ann");
		sim_run(500);
		sim_reload(without);
		sim_run(1000);
		ck_assert(phone_busy("bob"));
		if (answers)
			phone_pick_up("bob");
		sim_run(9500);
		if (answers) {
			ck_assert_str_eq(caller_hears(c), "bob");
			caller_hangs_up(c);
		} else {
			sim_run(5000);
			ck_story(c, WAITS " offered:bob over:bob/no-answer" MOVED FLOW_ENDS);
		}
		sim_end();
	}
}
END_TEST

// It is back before anybody left it: nobody does.
START_TEST(a_queue_comes_back)
{
	sim_begin(&(struct sim_setup){.yaml = with});
	struct sim_caller *c = waits("ann");
	sim_reload(without);
	sim_reload(with);
	sim_run(5000);
	ck_assert_str_eq(caller_hears(c), "music");
	phone_answers("bob", 100);
	phone_register("bob");
	sim_run(300);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

// The agent drops the call, the queue being gone meanwhile: the place is in no queue.
START_TEST(back_into_none)
{
	struct sim_caller *c = rings_alice();
	phone_pick_up("alice");
	sim_run(100);
	sim_reload(without);
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "alice");
	phone_hang_up("alice");
	sim_run(1100);
	ck_story(c,
		WAITS " offered:alice dequeued:connected connected:alice over:alice/hung-up "
		      "queued:sales" MOVED);
	sim_run(5000);
	sim_end();
}
END_TEST

// A step of an older configuration leads there: who is ready may take the call, then it goes on.
START_TEST(a_way_into_none)
{
	sim_begin(&(struct sim_setup){.yaml = with});
	struct sim_caller *c = dial("ann", "600");
	sim_run(2000);
	sim_reload(without);
	caller_presses(c, "1");
	sim_run(500);
	ck_story(c, "started answered step:ask digit:1 step:sales queued:sales");
	sim_run(1000);
	ck_story(c, "started answered step:ask digit:1 step:sales queued:sales" MOVED);
	sim_run(5000);
	sim_end();
}
END_TEST

UNIT_MAIN("gone", away_while_it_rings, and_back_again, away_at_the_same_instant,
	removed_while_it_rings, a_queue_is_removed, a_queue_is_removed_while_it_rings,
	a_queue_comes_back, back_into_none, a_way_into_none)
