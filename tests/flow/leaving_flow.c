// What a reload removes while it is in use: lists and single views agree on it until its last call
// has ended, and what is given back counts on. And what an agent is away for.
#include "tests/unit/unit.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

static const char with[] = "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
			   "  numbers: {'500': direct}\n"
			   "  flows: {direct: {a: {queue: sales}}}\n"
			   "  queues: {sales: {agents: [alice], wrap_up: 0s},\n"
			   "           other: {agents: [bob]}}\n"
			   "  agents: {alice: {password: a}, bob: {password: b}}\n";
static const char without[] = "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
			      "  numbers: {'500': direct}\n"
			      "  flows: {direct: {a: {queue: other}}}\n"
			      "  queues: {other: {agents: [bob]}}\n"
			      "  agents: {bob: {password: b}}\n";

struct wanted {
	const char *name;
	unsigned found;
	bool leaving;
};

static void queue_seen(const struct floor_queue_info *q, void *arg)
{
	struct wanted *w = arg;
	w->found += strcmp(q->name, w->name) == 0;
}

static void agent_seen(const struct floor_agent_info *a, void *arg)
{
	struct wanted *w = arg;
	w->found += strcmp(a->name, w->name) == 0;
}

// As a list has it and as a show has it: the same.
static bool queue_is(const char *name, struct floor_queue_info *out)
{
	struct floor *f = calls_floor(sim_calls());
	struct wanted w = {.name = name};
	floor_queues(f, queue_seen, &w);
	ck_assert_uint_eq(floor_queue_find(f, "acme", name, out), w.found);
	ck_assert_uint_eq(floor_queue_find(f, NULL, name, out), w.found);
	return w.found == 1;
}

static bool agent_is(const char *name, struct floor_agent_info *out)
{
	struct floor *f = calls_floor(sim_calls());
	struct wanted w = {.name = name};
	floor_agents(f, agent_seen, &w);
	ck_assert_uint_eq(floor_agent_find(f, name, out), w.found);
	return w.found == 1;
}

START_TEST(what_is_removed_stays_while_it_is_in_use)
{
	struct floor_queue_info q;
	struct floor_agent_info a;
	sim_begin(&(struct sim_setup){.yaml = with});
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *c = dial("ann", "500");
	sim_run(20000); // long enough to be a conversation
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert(queue_is("sales", &q) && !q.leaving);
	ck_assert(agent_is("alice", &a) && !a.leaving);
	sim_reload(without);
	sim_run(100);
	ck_assert(queue_is("sales", &q) && q.leaving);
	ck_assert_uint_eq(q.answered, 1);
	ck_assert_str_ne(q.policy, "");
	ck_assert(agent_is("alice", &a) && a.leaving);
	ck_assert_str_eq(a.tenant, "acme");
	ck_assert_int_eq(a.state, AGENT_TALKING);
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", true), -ENOENT);
	caller_hangs_up(c);
	sim_run(1000);
	ck_assert(!queue_is("sales", &q));
	ck_assert(!agent_is("alice", &a));
	ck_assert(queue_is("other", &q) && !q.leaving);
	// Given back it counts on, and nobody else has its counts.
	sim_reload(with);
	sim_run(100);
	ck_assert(queue_is("sales", &q) && !q.leaving);
	ck_assert_uint_eq(q.answered, 1);
	ck_assert_uint_eq(q.joined, 1);
	ck_assert(agent_is("alice", &a) && !a.leaving);
	ck_assert_uint_eq(a.answered, 1);
	ck_assert(agent_is("bob", &a));
	ck_assert_uint_eq(a.offered + a.answered, 0);
	sim_end();
}
END_TEST

START_TEST(a_queue_is_in_use_until_its_last_conversation_ends)
{
	struct floor_queue_info q;
	sim_begin(&(struct sim_setup){.yaml = with});
	phone_register("alice");
	phone_silent("alice");
	struct sim_caller *c = dial("ann", "500");
	sim_run(500);
	phone_pick_up("alice");
	sim_run(500);
	sim_reload(without);
	sim_reload(with);
	sim_reload(without);
	sim_run(500);
	ck_assert(queue_is("sales", &q) && q.leaving);
	phone_hang_up("alice");
	sim_run(1000);
	ck_assert(!queue_is("sales", &q));
	ck_assert(!caller_alive(c));
	sim_end();
}
END_TEST

static const char *pause_of(const char *agent)
{
	struct floor_agent_info a;
	ck_assert(floor_agent_find(calls_floor(sim_calls()), agent, &a));
	return a.pause;
}

START_TEST(a_pause_has_a_reason_until_it_ends)
{
	sim_begin(&(struct sim_setup){.yaml = with});
	phone_register("alice");
	sim_run(100);
	ck_assert_int_eq(calls_agent_away(sim_calls(), "nobody", "lunch"), -ENOENT);
	ck_assert_int_eq(calls_agent_away(sim_calls(), "alice", "lunch"), 0);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out");
	ck_assert_str_eq(pause_of("alice"), "lunch");
	// The phone starts anew: who is at lunch still is.
	phone_unregister("alice");
	sim_run(1000);
	phone_register("alice");
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out");
	ck_assert_int_eq(calls_agent_away(sim_calls(), "alice", "a talk with Bob"), 0);
	ck_assert_str_eq(pause_of("alice"), "a talk with Bob");
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", true), 0);
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out");
	ck_assert_str_eq(pause_of("alice"), "");
	// Without a reason it ends with the next registration, as before.
	ck_assert_int_eq(calls_agent_set(sim_calls(), "alice", false), 0);
	sim_run(100);
	phone_unregister("alice");
	sim_run(1000);
	phone_register("alice");
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

// The log says of each moment what an agent was away for: also where no state changes.
static void pauses_seen(const struct event *e, void *arg)
{
	struct str_buf *b = arg;
	json_t *body = e->type == EVENT_AGENT_STATE ? json_loads(e->body, 0, NULL) : NULL;
	const char *pause = json_string_value(json_object_get(body, "pause"));
	if (body != NULL)
		str_buf_add(b, "%s%s%s ", json_string_value(json_object_get(body, "to")),
			pause ? "/" : "", pause ? pause : "");
	json_decref(body);
}

START_TEST(the_log_tells_each_reason)
{
	char seen[512] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.yaml = with, .log_in_memory = true});
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(100);
	eventlog_set_feed(sim_log(), pauses_seen, &b);
	calls_agent_away(sim_calls(), "alice", "lunch");
	sim_run(10);
	calls_agent_away(sim_calls(), "alice", "meeting");
	sim_run(10);
	phone_unregister("alice");
	sim_run(10);
	calls_agent_away(sim_calls(), "alice", "ill");
	phone_register("alice");
	sim_run(10);
	calls_agent_set(sim_calls(), "alice", true);
	sim_run(10);
	ck_assert_str_eq(seen,
		"away/lunch away/meeting signed-out/meeting signed-out/ill "
		"away/ill ready ");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}
END_TEST

START_TEST(a_reason_survives_a_restart)
{
	sim_begin(&(struct sim_setup){.yaml = with});
	struct floor *floor = calls_floor(sim_calls());
	ck_assert_int_eq(floor_agent_restore(floor, "alice", AGENT_AWAY, false, 0), 0);
	ck_assert_int_eq(floor_agent_restore_pause(floor, "alice", "lunch", ""), 0);
	ck_assert_int_eq(floor_agent_restore_pause(floor, "nobody", "lunch", ""), -ENOENT);
	sim_run(120000); // its phone comes late
	phone_register("alice");
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out");
	ck_assert_str_eq(pause_of("alice"), "lunch");
	sim_end();
}
END_TEST

// After a restart without their phones they are signed out, and the log says so: the state that
// they had would last in the figures until they come again, which some never do.
START_TEST(who_does_not_come_back_is_signed_out)
{
	char seen[512] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.yaml = without, .log_in_memory = true});
	struct floor *f = calls_floor(sim_calls());
	eventlog_set_feed(sim_log(), pauses_seen, &b);
	floor_agent_absent(f, "", "alice", AGENT_TALKING); // not of the configuration any more
	ck_assert_str_eq(seen, "signed-out ");
	floor_agent_absent(f, "", "alice", AGENT_SIGNED_OUT);
	ck_assert_int_eq(floor_agent_restore(f, "bob", AGENT_AWAY, false, 0), 0);
	ck_assert_int_eq(floor_agent_restore_pause(f, "bob", "lunch", ""), 0);
	floor_agent_absent(f, "", "bob", AGENT_AWAY);
	ck_assert_str_eq(seen, "signed-out signed-out/lunch ");
	phone_register("bob");
	sim_run(100);
	ck_assert_str_eq(seen, "signed-out signed-out/lunch away/lunch ");
	floor_agent_absent(f, "", "bob", AGENT_AWAY);
	ck_assert_str_eq(seen, "signed-out signed-out/lunch away/lunch ");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}
END_TEST

UNIT_MAIN("leaving", what_is_removed_stays_while_it_is_in_use,
	a_queue_is_in_use_until_its_last_conversation_ends, a_pause_has_a_reason_until_it_ends,
	the_log_tells_each_reason, a_reason_survives_a_restart,
	who_does_not_come_back_is_signed_out)
