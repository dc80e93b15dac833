// Agents who are away by a code of their tenant's pauses.
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/unit.h"

#define ACME(pauses)                                                                 \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                              \
	"  numbers: {'500': direct}\n"                                               \
	"  flows: {direct: {a: {queue: sales}}}\n"                                   \
	"  queues: {sales: {agents: [alice, bob], wrap_up: 0s}}\n"                   \
	"  agents: {alice: {password: a}, bob: {password: b}}\n" pauses " globex:\n" \
	"  pauses: {tea: Tea}\n"                                                     \
	"  queues: {sales: {agents: [gus]}}\n"                                       \
	"  agents: {gus: {password: g}}\n"

static const char acme[] = ACME("  pauses: {lunch: Mittagspause, training: }\n");

static void begin(void)
{
	sim_begin(&(struct sim_setup){.yaml = acme, .log_in_memory = true});
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(100);
}

// "Mittagspause (lunch)"
static const char *pause_of(const char *agent, char out[200])
{
	struct floor_agent_info a;
	ck_assert(floor_agent_find(calls_floor(sim_calls()), agent, &a));
	str_format(out, 200, "%s (%s)", a.pause, a.pause_code);
	return out;
}

static void ck_pause(const char *agent, const char *expected)
{
	char text[200];
	ck_assert_str_eq(pause_of(agent, text), expected);
}

static int pauses(const char *agent, const char *code)
{
	int err = calls_agent_pause(sim_calls(), agent, code);
	sim_run(10);
	return err;
}

static void code_seen(const char *code, void *arg)
{
	struct str_buf *b = arg;
	str_buf_add(b, "%s ", code);
}

START_TEST(a_pause_has_a_code_and_a_text)
{
	char codes[100];
	struct str_buf b;
	begin();
	ck_assert_int_eq(pauses("alice", "lunch"), 0);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out gus:signed-out");
	ck_pause("alice", "Mittagspause (lunch)");
	ck_assert_int_eq(pauses("alice", "training"), 0); // without a text of its own
	ck_pause("alice", "training (training)");
	ck_assert_int_eq(pauses("alice", "tea"), -EINVAL); // another tenant's
	ck_assert_int_eq(pauses("nobody", "lunch"), -ENOENT);
	ck_pause("alice", "training (training)");
	ck_assert_int_eq(pauses("gus", "tea"), 0);
	str_buf_init(&b, codes, sizeof(codes));
	floor_agent_pauses(calls_floor(sim_calls()), "alice", code_seen, &b);
	ck_assert_str_eq(codes, "lunch training ");
	calls_agent_away(sim_calls(), "alice", "a talk with Bob"); // in free words: by no code
	ck_pause("alice", "a talk with Bob ()");
	ck_assert_int_eq(pauses("alice", "lunch"), 0);
	calls_agent_set(sim_calls(), "alice", true);
	sim_run(100);
	ck_pause("alice", " ()");
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out gus:signed-out");
	sim_end();
}
END_TEST

START_TEST(a_pause_begins_at_the_end_of_a_call)
{
	begin();
	struct sim_caller *a = dial("ann", "500");
	sim_run(500);
	ck_assert_int_eq(pauses("alice", "lunch"), 0);
	ck_assert_str_eq(caller_hears(a), "alice");
	caller_hangs_up(a);
	sim_run(500);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out gus:signed-out");
	ck_pause("alice", "Mittagspause (lunch)");
	sim_end();
}
END_TEST

START_TEST(a_pause_outlives_its_code_and_a_phone)
{
	begin();
	ck_assert_int_eq(pauses("alice", "lunch"), 0);
	phone_unregister("alice");
	sim_run(100);
	sim_reload(ACME(""));
	ck_assert_int_eq(pauses("bob", "lunch"), -EINVAL);
	phone_register("alice");
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:away bob:signed-out gus:signed-out");
	ck_pause("alice", "Mittagspause (lunch)");
	sim_end();
}
END_TEST

// As the log has it before a restart, so it is after it.
START_TEST(a_pause_survives_a_restart)
{
	begin();
	struct floor *floor = calls_floor(sim_calls());
	ck_assert_int_eq(floor_agent_restore(floor, "bob", AGENT_AWAY, false, 0), 0);
	ck_assert_int_eq(floor_agent_restore_pause(floor, "bob", "Mittagspause", "lunch"), 0);
	phone_register("bob");
	sim_run(100);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:away gus:signed-out");
	ck_pause("bob", "Mittagspause (lunch)");
	sim_end();
}
END_TEST

static void states_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_AGENT_STATE ? json_loads(e->body, 0, NULL) : NULL;
	const char *pause = json_string_value(json_object_get(body, "pause"));
	const char *code = json_string_value(json_object_get(body, "pause_code"));
	if (body != NULL)
		str_buf_add(arg, "%s/%s/%s ", json_string_value(json_object_get(body, "to")),
			pause ? pause : "", code ? code : "");
	json_decref(body);
}

START_TEST(the_log_tells_each_code)
{
	char seen[256] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	begin();
	eventlog_set_feed(sim_log(), states_seen, &b);
	pauses("alice", "lunch");
	pauses("alice", "training");
	calls_agent_away(sim_calls(), "alice", "training"); // the same text, by no code
	sim_run(10);
	calls_agent_set(sim_calls(), "alice", true);
	sim_run(10);
	ck_assert_str_eq(
		seen, "away/Mittagspause/lunch away/training/training away/training/ ready// ");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}
END_TEST

UNIT_MAIN("pause", a_pause_has_a_code_and_a_text, a_pause_begins_at_the_end_of_a_call,
	a_pause_outlives_its_code_and_a_phone, a_pause_survives_a_restart, the_log_tells_each_code)
