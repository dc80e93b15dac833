// How queues widen, by the keys: rings by waiting time, a reserve, weights between queues; over
// reloads, and as it is told.
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/unit.h"

// What `sales` has beside alice and bob; what `sales` and `help` have.
#define ACME(more, of_both)                                                                   \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                       \
	"  numbers: {'1': any, '2': german, '3': helps, '4': last}\n"                         \
	"  prompts: {music: m.wav}\n"                                                         \
	"  skills: [german, law]\n"                                                           \
	"  flows:\n"                                                                          \
	"    any: {in: {queue: sales}}\n"                                                     \
	"    german: {in: {queue: sales, skills: {german: 8, law: 2}}}\n"                     \
	"    helps: {in: {queue: help}}\n"                                                    \
	"    last: {in: {queue: sales, priority: 6}}\n"                                       \
	"  queues:\n"                                                                         \
	"    sales: {agents: [alice], music: music, wrap_up: 0s, short_call: 0s" more of_both \
	"}\n"                                                                                 \
	"    help: {agents: [alice, cleo], music: music, wrap_up: 0s, short_call: 0s" of_both \
	"}\n"                                                                                 \
	"  agents:\n"                                                                         \
	"    alice: {password: a, skills: {german: 5}}\n"                                     \
	"    bob: {password: b, skills: {german: 5, law: 1}}\n"                               \
	"    cleo: {password: c}\n"

#define RINGS                                                                           \
	", rings: [{after: 10s, skills: {german: 5}}, {after: 20s, skills: {law: 0}}, " \
	"{after: 30s, agents: [bob], priority: 1}]"

static void come(const char *agent)
{
	phone_register(agent);
	phone_answers(agent, 100);
	sim_run(100);
}

static void begin(const char *yaml)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .lax_order = true});
	come("alice");
}

static void end(struct sim_caller *const *callers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		caller_hangs_up(callers[i]);
	sim_run(100);
	sim_end();
}

#define END(...)                                                \
	do {                                                    \
		struct sim_caller *const all[] = {__VA_ARGS__}; \
		end(all, sizeof(all) / sizeof(all[0]));         \
	} while (0)

// Of each who waits in the queue: "ring priority skills/lacks".
struct told {
	char text[512];
	struct str_buf b;
};

static void tell(uint64_t call, void *arg)
{
	struct told *t = arg;
	struct call_wants w;
	ck_assert(call_waits_for(sim_calls(), call, &w));
	str_buf_add(&t->b, "%s%u %u %s/%s", t->b.len ? "; " : "", w.ring, w.priority, w.skills,
		w.lacks ? w.lacks : "");
}

static struct floor_queue_info queue(const char *name)
{
	struct floor_queue_info q;
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", name, &q), 1);
	return q;
}

static void ck_told(const char *expected)
{
	struct floor_place at = {.most = 100};
	struct told t;
	str_buf_init(&t.b, t.text, sizeof(t.text));
	floor_waiting_page(calls_floor(sim_calls()), queue("sales").id, &at, tell, &t);
	ck_assert_str_eq(t.text, expected);
}

START_TEST(a_ring_lowers_and_drops)
{
	begin(ACME(RINGS, ""));
	struct sim_caller *a = dial("ann", "2");
	sim_run(9800);
	ck_told("0 4 german 8, law 2/no agent has it until the queue widens");
	sim_run(400);
	ck_told("1 4 german 5, law 2/no agent has it until the queue widens");
	ck_assert_uint_eq(phone_invites("alice"), 0);
	sim_run(9500);
	ck_assert_uint_eq(phone_invites("alice"), 0);
	sim_run(1000);
	ck_assert_str_eq(caller_hears(a), "alice");
	END(a);
}
END_TEST

START_TEST(a_ring_adds_an_agent_and_raises)
{
	begin(ACME(RINGS, ""));
	come("bob");
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(a), "alice");
	struct sim_caller *b = dial("ben", "4");
	sim_run(25000);
	struct sim_caller *c = dial("cem", "1");
	sim_run(4000);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	ck_told("0 4 /; 2 6 /"); // who is less urgent stands behind, …
	sim_run(2000);
	ck_assert_str_eq(caller_hears(b), "bob"); // … and is another agent's from here on
	ck_told("0 4 /");
	END(a, b, c);
}
END_TEST

START_TEST(who_is_raised_goes_before)
{
	begin(ACME(RINGS, ""));
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "4"), *c;
	sim_run(20000);
	c = dial("cem", "1");
	sim_run(5000);
	ck_told("0 4 /; 2 6 /");
	sim_run(6000);
	ck_told("3 1 /; 1 4 /");
	caller_hangs_up(a);
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "alice");
	ck_assert_str_eq(caller_hears(c), "music");
	END(b, c);
}
END_TEST

START_TEST(rings_change_while_callers_wait)
{
	begin(ACME(RINGS, ""));
	come("bob");
	struct sim_caller *a = dial("ann", "2");
	sim_run(12000);
	ck_told("1 4 german 5, law 2/no agent has it until the queue widens");
	sim_reload(ACME("", ""));
	sim_run(30000); // it stays where it is, and comes no further
	ck_told("1 4 german 5, law 2/no agent has it");
	sim_reload(ACME(", rings: [{after: 10s, skills: {german: 5}}, {after: 60s, skills: {law: "
			"0}}]",
		""));
	sim_run(10000);
	ck_told("1 4 german 5, law 2/no agent has it until the queue widens");
	sim_run(9000);
	ck_assert_str_eq(caller_hears(a), "alice");
	END(a);
}
END_TEST

START_TEST(an_agent_comes_to_a_ring_by_a_reload)
{
	begin(ACME("", ""));
	come("bob");
	struct sim_caller *a = dial("ann", "1"), *b;
	sim_run(1000);
	b = dial("ben", "1");
	sim_run(40000);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	sim_reload(
		ACME(", rings: [{after: 30s, agents: bob}]", "")); // it has waited so long already
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "bob");
	struct sim_caller *c = dial("cem", "1");
	sim_run(500);
	caller_hangs_up(b);
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "music");
	sim_reload(ACME(", reserve: {agents: bob, from: 5}", ""));
	sim_run(40000);
	ck_assert_str_eq(caller_hears(c), "music");
	END(a, c);
}
END_TEST

// Dora is of a team, which a reload changes.
#define TEAMS(of_sales, team) \
	ACME(of_sales, "") "    dora: {password: d, team: " team "}\n  teams: {red: , blue: }\n"

START_TEST(a_ring_adds_a_team)
{
	begin(TEAMS(", rings: [{after: 10s, teams: red}]", "red"));
	come("dora");
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	struct sim_caller *b = dial("ben", "1");
	sim_run(9000);
	ck_assert_str_eq(caller_hears(b), "music");
	sim_run(1500);
	ck_assert_str_eq(caller_hears(b), "dora");
	sim_reload(TEAMS(", rings: [{after: 10s, teams: red}]", "blue"));
	caller_hangs_up(b);
	struct sim_caller *c = dial("cem", "1");
	sim_run(20000);
	ck_assert_str_eq(caller_hears(c), "music");
	sim_reload(TEAMS(", teams: [blue]", "blue"));
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "dora");
	struct sim_caller *d = dial("dan", "1");
	sim_reload(TEAMS(", reserve: {teams: [blue], from: 2}", "blue"));
	caller_hangs_up(c);
	sim_run(5000);
	ck_assert_str_eq(caller_hears(d), "music");
	struct sim_caller *e = dial("eva", "1");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(d), "dora");
	END(a, d, e);
}
END_TEST

// A queue may be there before anybody is: a reload brings who serves it.
START_TEST(a_team_of_nobody_keeps_callers)
{
	static const char nobody[] = "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
				     "  numbers: {'1': any}\n"
				     "  teams: {red: }\n"
				     "  flows: {any: {in: {queue: sales}}}\n"
				     "  queues: {sales: {teams: [red]}}\n";
	char somebody[1024];
	str_format(somebody, sizeof(somebody), "%s  agents: {dora: {password: d, team: red}}\n",
		nobody);
	sim_begin(&(struct sim_setup){.yaml = nobody, .lax_order = true});
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	ck_told("0 4 /");
	sim_reload(somebody);
	come("dora");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "dora");
	END(a);
}
END_TEST

#define RESERVE ", reserve: {agents: [bob], from: 3, to: 1}"

START_TEST(a_reserve_is_called_and_sent_back)
{
	begin(ACME(RESERVE, ""));
	come("bob");
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	struct sim_caller *b = dial("ben", "1"), *c = dial("cem", "1");
	sim_run(1000);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	ck_assert(!queue("sales").reserve_called);
	struct sim_caller *d = dial("dan", "1");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(b), "bob");
	ck_assert(queue("sales").reserve_called);
	caller_hangs_up(b);
	sim_run(1000); // two wait: as long as more than one does
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_run(1000);
	ck_assert_str_eq(caller_hears(d), "music"); // one waits
	ck_assert(!queue("sales").reserve_called);
	ck_assert_uint_eq(phone_invites("bob"), 2);
	sim_reload(ACME(", reserve: {agents: [bob], from: 1}", ""));
	sim_run(1000);
	ck_assert_str_eq(caller_hears(d), "bob");
	END(a, d);
}
END_TEST

// Alice serves both queues: she takes whose time is up first.
static void ck_first(const char *yaml, bool help)
{
	begin(yaml);
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	struct sim_caller *b = dial("ben", "1"), *c;
	sim_run(5000);
	c = dial("cem", "3");
	sim_run(1000);
	caller_hangs_up(a);
	sim_run(500);
	ck_assert_str_eq(caller_hears(help ? c : b), "alice");
	ck_assert_str_eq(caller_hears(help ? b : c), "music");
	END(b, c);
}

// Called together, the one that looks first finds a caller who prefers the other: it has the next.
START_TEST(a_reserve_of_two_serves_two)
{
	static const char two[] =
		"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
		"  numbers: {'1': any, '2': second}\n"
		"  flows: {any: {in: {queue: sales}}, second: {in: {queue: sales, prefer: bob}}}\n"
		"  queues: {sales: {agents: [dora], reserve: {agents: [alice, bob], from: 2}}}\n"
		"  agents: {alice: {password: a}, bob: {password: b}, dora: {password: d}}\n";
	sim_begin(&(struct sim_setup){.yaml = two, .lax_order = true});
	come("alice");
	come("bob");
	sim_run(1000);
	struct sim_caller *a = dial("ann", "2");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_assert_str_eq(caller_hears(b), "alice");
	END(a, b);
}
END_TEST

START_TEST(of_two_queues_whose_time_is_up_first)
{
	ck_first(ACME("", ""), false); // who joined first
	ck_first(ACME(", weight: 1", ", serve_within: 30s"), false);
	ck_first(ACME(", weight: 1, serve_within: 40s", ""), true);   // up after 40 s, and 5 + 20
	ck_first(ACME(", weight: 10, serve_within: 40s", ""), false); // after 4
}
END_TEST

static void offered_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_OFFERED ? json_loads(e->body, 0, NULL) : NULL;
	if (body != NULL)
		str_buf_add(arg, "%d %s\n", (int)json_integer_value(json_object_get(body, "ring")),
			json_string_value(json_object_get(body, "why")));
	json_decref(body);
}

START_TEST(the_decision_tells_the_ring)
{
	char seen[1024] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){
		.yaml = ACME(RINGS, ""), .lax_order = true, .log_in_memory = true});
	eventlog_set_feed(sim_log(), offered_seen, &b);
	phone_register("alice");
	phone_rejects("alice", 50, 486);
	struct sim_caller *a = dial("ann", "2");
	sim_run(21000);
	caller_hangs_up(a);
	sim_run(100);
	ck_assert_str_eq(seen,
		"2 longest-idle: alice for the first of 1 waiting in ring 2, asks for german 5; "
		"ready 1: alice idle 20.011 s\n");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}
END_TEST

UNIT_MAIN("rings", a_ring_lowers_and_drops, a_ring_adds_an_agent_and_raises,
	who_is_raised_goes_before, rings_change_while_callers_wait,
	an_agent_comes_to_a_ring_by_a_reload, a_ring_adds_a_team, a_team_of_nobody_keeps_callers,
	a_reserve_is_called_and_sent_back, a_reserve_of_two_serves_two,
	of_two_queues_whose_time_is_up_first, the_decision_tells_the_ring)
