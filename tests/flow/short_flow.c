// An agent whose phone answers and hangs up at once, or answers what nobody can use: the caller
// keeps the place, the next agent is rung, and that one is left alone for a while.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': sales, '2': lasting, '3': brief, '4': {flow: sales, record: yes},\n"
	"            '5': kept}\n"
	"  prompts: {music: m.wav, sorry: s.wav}\n"
	"  flows:\n"
	"    sales: {a: {queue: sales}}\n"
	"    lasting: {a: {queue: lasting}}\n"
	"    brief: {a: {queue: brief, then: b}, b: {hangup: sorry}}\n"
	"    kept: {a: {queue: kept}}\n"
	"  queues:\n"
	"    sales: {agents: [alice, bob], music: music, wrap_up: 5s, reject_pause: 20s}\n"
	"    lasting: {agents: [alice, bob], wrap_up: 5s, short_call: 0s}\n"
	"    brief: {agents: [alice], wait_max: 2s, short_call: 3s, reject_pause: 20s}\n"
	"    kept: {agents: [alice, bob], record: yes, reject_pause: 20s}\n"
	"  agents: {alice: {password: a}, bob: {password: b}}\n";

#define TO_ALICE                                                                 \
	"started answered step:a queued:sales offered:alice dequeued:connected " \
	"connected:alice"

static void begin(void)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .record = true});
	phone_register("alice");
}

static struct sim_caller *ring_alice(const char *number)
{
	struct sim_caller *c = dial("ann", number);
	sim_run(500);
	ck_assert(phone_busy("alice"));
	return c;
}

static void alice_drops(unsigned after_ms)
{
	phone_pick_up("alice");
	sim_run(after_ms);
	phone_hang_up("alice");
}

static const char *state_of(const char *agent)
{
	struct floor_agent_info info;
	ck_assert(floor_agent_find(calls_floor(sim_calls()), agent, &info));
	return agent_state_name(info.state);
}

static void ck_counts(const char *agent, unsigned answered, unsigned missed)
{
	struct floor_agent_info info;
	ck_assert(floor_agent_find(calls_floor(sim_calls()), agent, &info));
	ck_assert_uint_eq(info.answered, answered);
	ck_assert_uint_eq(info.missed, missed);
}

START_TEST(the_next_agent_is_rung)
{
	static const unsigned after_ms[] = {0, 30, 999};
	for (unsigned i = 0; i < sizeof(after_ms) / sizeof(after_ms[0]); i++) {
		begin();
		struct sim_caller *c = ring_alice("1"), *later = dial("ben", "1");
		alice_drops(after_ms[i]);
		ck_assert_str_eq(caller_hears(c), "music");
		phone_answers("bob", 100);
		phone_register("bob");
		sim_run(300);
		ck_assert_str_eq(caller_hears(c), "bob"); // before who came later
		ck_assert_str_eq(caller_hears(later), "music");
		ck_assert_str_eq(state_of("alice"), "paused");
		ck_assert_uint_eq(phone_invites("alice"), 1);
		sim_run(5000);
		ck_counts("alice", 0, 1);
		ck_counts("bob", 1, 0);
		phone_hang_up("bob");
		ck_story(c,
			TO_ALICE " over:alice/hung-up queued:sales offered:bob dequeued:connected "
				 "connected:bob ended:agent-hangup/agent/talking");
		ck_assert_str_eq(caller_record(c, "agent"), "bob");
		ck_assert_str_eq(caller_record(c, "dropped_by"), "alice");
		caller_hangs_up(later);
		sim_end();
	}
}
END_TEST

START_TEST(another_agent_was_ready)
{
	begin();
	struct sim_caller *c = ring_alice("1");
	phone_answers("bob", 100);
	phone_register("bob");
	alice_drops(30);
	sim_run(300);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(nobody_else_is_there)
{
	struct floor_queue_info q;
	begin();
	struct sim_caller *c = ring_alice("1");
	alice_drops(100);
	sim_run(19000);
	ck_assert_str_eq(caller_hears(c), "music");
	ck_assert_uint_eq(phone_invites("alice"), 1);
	ck_assert(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q));
	ck_assert_uint_eq(q.waiting, 1);
	ck_assert_uint_eq(q.answered, 0);
	sim_run(1500); // the pause is over
	ck_assert_uint_eq(phone_invites("alice"), 2);
	alice_drops(100);
	sim_run(10);
	caller_hangs_up(c);
	ck_assert_str_eq(caller_record(c, "dropped_by"), "alice,alice");
	ck_assert_str_eq(caller_record(c, "agent"), "");
	ck_assert_str_eq(caller_record(c, "connected"), "0");
	ck_assert_str_eq(caller_record(c, "where"), "queue");
	sim_end();
}
END_TEST

START_TEST(a_conversation_is_one)
{
	begin();
	struct sim_caller *c = ring_alice("1");
	alice_drops(1000);
	sim_run(10);
	ck_assert(!caller_alive(c));
	ck_story(c, TO_ALICE " ended:agent-hangup/agent/talking");
	ck_assert_str_eq(state_of("alice"), "wrap-up");
	ck_counts("alice", 1, 0);
	sim_run(6000);
	c = ring_alice("2"); // all are
	alice_drops(0);
	sim_run(10);
	ck_assert(!caller_alive(c));
	sim_end();
}
END_TEST

START_TEST(the_caller_hangs_up_as_soon)
{
	begin();
	struct sim_caller *c = ring_alice("1");
	phone_pick_up("alice");
	sim_run(100);
	caller_hangs_up(c);
	sim_run(10);
	ck_assert_str_eq(state_of("alice"), "wrap-up");
	ck_counts("alice", 1, 0);
	sim_run(6000);
	c = ring_alice("1");
	alice_drops(100);
	caller_hangs_up(c); // crosses
	sim_run(10);
	ck_assert_str_eq(state_of("alice"), "paused");
	ck_assert_str_eq(caller_record(c, "where"), "queue");
	sim_end();
}
END_TEST

START_TEST(the_wait_ends_meanwhile)
{
	begin();
	struct sim_caller *c = ring_alice("3");
	phone_pick_up("alice");
	sim_run(2000);
	phone_hang_up("alice");
	sim_run(100);
	ck_assert_str_eq(caller_hears(c), "sorry");
	sim_run(1500);
	ck_assert_str_eq(caller_record(c, "why"), "flow-end");
	sim_end();
}
END_TEST

// What is recorded is each conversation of a queue that records, and the whole of a call whose
// number does.
START_TEST(recorded)
{
	struct calls_counts counts;
	begin();
	struct sim_caller *c = ring_alice("5");
	alice_drops(100);
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.recording, 0);
	phone_answers("bob", 100);
	phone_register("bob");
	sim_run(2000);
	caller_hangs_up(c);
	ck_assert(sim_recordings_wait(2));
	sim_run(21000);
	phone_unregister("bob");
	c = ring_alice("4");
	alice_drops(100);
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.recording, 1);
	phone_register("bob");
	sim_run(2000);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	ck_assert(sim_recordings_wait(3));
	sim_end();
}
END_TEST

START_TEST(an_answer_of_no_use)
{
	begin();
	phone_unusable("alice");
	struct sim_caller *c = dial("ann", "1");
	sim_run(4000);
	ck_assert_uint_eq(phone_invites("alice"), 1);
	ck_assert_str_eq(state_of("alice"), "paused");
	ck_counts("alice", 0, 1);
	ck_story(
		c, "started answered step:a queued:sales offered:alice over:alice/unusable-answer");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

UNIT_MAIN("short", the_next_agent_is_rung, another_agent_was_ready, nobody_else_is_there,
	a_conversation_is_one, the_caller_hangs_up_as_soon, the_wait_ends_meanwhile, recorded,
	an_answer_of_no_use)
