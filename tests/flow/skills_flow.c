// What callers ask of an agent by the keys: skills with levels, priority, whom they prefer; over
// reloads; and what is told of a caller that nobody can take.
#include <check.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

// SKILLS, of alice, of bob.
#define ACME(declared, of_alice, of_bob)                                                        \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                         \
	"  numbers: {'1': any, '2': german, '3': fluent, '4': urgent, '5': bobs, '6': asked}\n" \
	"  prompts: {music: m.wav}\n"                                                           \
	"  pauses: {lunch: Lunch}\n"                                                            \
	"  skills: " declared "\n"                                                              \
	"  flows:\n"                                                                            \
	"    any: {in: {queue: sales}}\n"                                                       \
	"    german: {in: {queue: sales, skills: {german: 3}}}\n"                               \
	"    fluent: {in: {queue: sales, skills: {german: 8}}}\n"                               \
	"    urgent: {in: {queue: sales, priority: 0}}\n"                                       \
	"    bobs: {in: {queue: sales, prefer: bob}}\n"                                         \
	"    asked:\n"                                                                          \
	"      who: {set: wanted, to: bob, then: in}\n"                                         \
	"      in: {queue: sales, prefer_from: wanted}\n"                                       \
	"  queues:\n"                                                                           \
	"    sales: {agents: [alice, bob], music: music, wrap_up: 0s}\n"                        \
	"  agents:\n"                                                                           \
	"    alice: {password: a" of_alice "}\n"                                                \
	"    bob: {password: b" of_bob "}\n"

static const char acme[] =
	ACME("[german, french]", ", skills: {french: 10}", ", skills: {german: 5, french: 1}");

static void begin(const char *yaml)
{
	sim_begin(&(struct sim_setup){.yaml = yaml, .lax_order = true});
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(100);
}

static void bob_comes(void)
{
	phone_register("bob");
	phone_answers("bob", 100);
	sim_run(500);
}

// What is told of who waits: "german 3/no agent has it".
struct told {
	char text[512];
	struct str_buf b;
};

static void tell(uint64_t call, void *arg)
{
	struct told *t = arg;
	struct call_wants w;
	ck_assert(call_waits_for(sim_calls(), call, &w));
	str_buf_add(&t->b, "%s%s/%s", t->b.len ? "; " : "", w.skills, w.lacks ? w.lacks : "");
}

static void ck_told(const char *expected)
{
	struct floor_place at = {.most = 100};
	struct floor_queue_info q;
	struct told t;
	str_buf_init(&t.b, t.text, sizeof(t.text));
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q), 1);
	floor_waiting_page(calls_floor(sim_calls()), q.id, &at, tell, &t);
	ck_assert_str_eq(t.text, expected);
}

START_TEST(who_has_the_skill_is_offered_the_caller)
{
	begin(acme);
	struct sim_caller *a = dial("ann", "2");
	sim_run(2000);
	ck_assert_uint_eq(phone_invites("alice"), 0);
	ck_assert_str_eq(caller_hears(a), "music");
	ck_told("german 3/no agent who is signed in has it");
	struct sim_caller *b = dial("ben", "1"); // is not held up by who waits for another one
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "alice");
	bob_comes();
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_story(a,
		"started answered step:in queued:sales offered:bob dequeued:connected "
		"connected:bob");
	caller_hangs_up(a);
	caller_hangs_up(b);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(a_level_is_raised_while_a_caller_waits)
{
	begin(acme);
	bob_comes();
	struct sim_caller *a = dial("ann", "3"), *b = dial("ben", "3");
	sim_run(1000);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	ck_told("german 8/no agent has it; german 8/no agent has it");
	sim_reload(ACME("[german, french]", "", ", skills: {german: 7}"));
	sim_run(500);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	sim_reload(ACME("[french, german]", "", ", skills: {german: 8}"));
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob"); // who came first
	ck_told("german 8/");
	caller_hangs_up(a);
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "bob");
	caller_hangs_up(b);
	sim_run(100);
	sim_end();
}
END_TEST

// The step that a caller waits in is of the configuration that it came by: it keeps its place, and
// is told of for as long as nobody has it.
START_TEST(a_skill_is_removed_while_callers_wait)
{
	static const char without[] =
		"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
		"  numbers: {'1': any}\n"
		"  prompts: {music: m.wav}\n"
		"  flows: {any: {in: {queue: sales}}}\n"
		"  queues: {sales: {agents: [alice, bob], music: music, wrap_up: 0s}}\n"
		"  agents: {alice: {password: a}, bob: {password: b}}\n";
	begin(acme);
	struct sim_caller *a = dial("ann", "2");
	sim_run(1000);
	sim_reload(without);
	bob_comes();
	ck_assert_uint_eq(phone_invites("bob"), 0);
	ck_told("german 3/no agent has it");
	struct sim_caller *b = dial("ben", "1");
	sim_run(500);
	ck_assert(strcmp(caller_hears(b), "music") != 0);
	sim_reload(acme);
	sim_run(500);
	caller_hangs_up(b);
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	caller_hangs_up(a);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(a_skill_is_lost_in_the_midst_of_a_call)
{
	begin(acme);
	bob_comes();
	struct sim_caller *a = dial("ann", "2");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	sim_reload(ACME("[german, french]", ", skills: {german: 3}", ""));
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	struct sim_caller *b = dial("ben", "2"), *c = dial("cem", "2");
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "alice");
	caller_hangs_up(a);
	sim_run(500);
	ck_assert_uint_eq(phone_invites("bob"), 1); // has it no more
	ck_assert_str_eq(caller_hears(c), "music");
	caller_hangs_up(b);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(a_step_asks_beside_its_queue)
{
	static const char yaml[] =
		"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
		"  numbers: {'1': queues, '2': steps}\n"
		"  skills: [german, french]\n"
		"  flows:\n"
		"    queues: {in: {queue: sales}}\n"
		"    steps: {in: {queue: sales, skills: {german: 2, french: 4}}}\n"
		"  queues: {sales: {agents: [alice, bob], skills: {german: 6}, wrap_up: 0s}}\n"
		"  agents:\n"
		"    alice: {password: a, skills: {german: 6}}\n"
		"    bob: {password: b, skills: {french: 4, german: 2}}\n";
	begin(yaml);
	struct sim_caller *a = dial("ann", "2"), *b = dial("ben", "1");
	sim_run(500);
	ck_told("german 2, french 4/no agent who is signed in has it");
	ck_assert_str_eq(caller_hears(b), "alice");
	bob_comes();
	ck_assert_str_eq(caller_hears(a), "bob");
	caller_hangs_up(a);
	caller_hangs_up(b);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(equal_names_of_two_tenants_are_two_skills)
{
	static const char yaml[] = "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
				   "  numbers: {'2': german}\n"
				   "  skills: [german]\n"
				   "  flows: {german: {in: {queue: sales, skills: {german: 3}}}}\n"
				   "  queues: {sales: {agents: [alice], wrap_up: 0s}}\n"
				   "  agents: {alice: {password: a}}\n"
				   " globex:\n"
				   "  skills: [german]\n"
				   "  queues: {sales: {agents: [bob], wrap_up: 0s}}\n"
				   "  agents: {bob: {password: b, skills: {german: 9}}}\n";
	begin(yaml);
	bob_comes();
	struct sim_caller *a = dial("ann", "2");
	sim_run(500);
	ck_assert_uint_eq(phone_invites("alice") + phone_invites("bob"), 0);
	ck_told("german 3/no agent has it");
	caller_hangs_up(a);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(priority_is_of_the_step)
{
	begin(acme);
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	struct sim_caller *b = dial("ben", "1");
	sim_run(100);
	struct sim_caller *c = dial("cem", "4");
	sim_run(100);
	caller_hangs_up(a);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "alice");
	caller_hangs_up(b);
	sim_run(100);
	sim_end();
}
END_TEST

static void ck_preferred(const char *number)
{
	begin(acme);
	bob_comes(); // alice has been idle for longer
	struct sim_caller *a = dial("ann", number);
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	struct sim_caller *b = dial("ben", number); // another one, rather than a wait
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "alice");
	caller_hangs_up(a);
	caller_hangs_up(b);
	sim_run(100);
	sim_end();
}

START_TEST(an_agent_is_preferred_by_name_or_variable)
{
	ck_preferred("5");
	ck_preferred("6");
}
END_TEST

static void queued_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_QUEUED ? json_loads(e->body, 0, NULL) : NULL;
	const char *skills = json_string_value(json_object_get(body, "skills"));
	json_t *priority = json_object_get(body, "priority");
	if (body != NULL)
		str_buf_add(arg, "%s/%d ", skills ? skills : "",
			priority ? (int)json_integer_value(priority) : -1);
	json_decref(body);
}

START_TEST(the_log_tells_what_is_asked_for)
{
	char seen[256] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.yaml = acme, .log_in_memory = true});
	eventlog_set_feed(sim_log(), queued_seen, &b);
	struct sim_caller *callers[] = {dial("ann", "1"), dial("ben", "2"), dial("cem", "4")};
	sim_run(100);
	for (unsigned i = 0; i < 3; i++)
		caller_hangs_up(callers[i]);
	sim_run(100);
	ck_assert_str_eq(seen, "/-1 german 3/-1 /0 ");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}
END_TEST

static void settle(void)
{
	struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
	struct eventlog_status s;
	do {
		(void)poll(&p, 1, 5);
		eventlog_poll(sim_log());
		eventlog_status(sim_log(), &s);
	} while (s.written < s.appended);
}

// With the log kept up: a caller is answered when its beginning is in the file.
static void run(uint64_t ms)
{
	for (uint64_t at = 0; at < ms; at += 50) {
		sim_run(50);
		settle();
	}
}

// Behind so many segments that a snapshot alone still tells of the caller and of the agent.
static void ck_after_a_kill(const char *folder)
{
	struct rebuild r;
	settle();
	ck_assert_int_eq(rebuild_load(folder, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 1);
	json_t *record = json_loads(r.calls[0].record, 0, NULL);
	const char *skills = json_string_value(json_object_get(record, "skills"));
	ck_assert_str_eq(skills ? skills : r.calls[0].record, "german 3");
	json_decref(record);
	ck_assert_uint_eq(r.agent_count, 2);
	for (size_t i = 0; i < r.agent_count; i++) {
		bool away = str_equal(r.agents[i].agent, "bob");
		ck_assert_str_eq(r.agents[i].state, away ? "away" : "ready");
		ck_assert_str_eq(r.agents[i].pause, away ? "Lunch" : "");
		ck_assert_str_eq(r.agents[i].pause_code, away ? "lunch" : "");
	}
	rebuild_free(&r);
}

START_TEST(what_is_asked_for_outlives_a_kill)
{
	struct eventlog_options small = {.segment_bytes = 4096};
	char folder[64];
	sim_begin(&(struct sim_setup){
		.yaml = acme, .lax_order = true, .log_folder = folder_new(folder)});
	eventlog_configure(sim_log(), &small);
	phone_register("alice");
	phone_answers("alice", 100);
	phone_register("bob");
	sim_run(100);
	ck_assert_int_eq(calls_agent_pause(sim_calls(), "bob", "lunch"), 0);
	struct sim_caller *waits = dial("ann", "2");
	run(500);
	ck_after_a_kill(folder);
	for (unsigned i = 0; i < 8; i++) {
		struct sim_caller *other = dial("ben", "1");
		run(500);
		ck_assert_str_eq(caller_hears(other), "alice");
		caller_hangs_up(other);
		run(200);
	}
	ck_after_a_kill(folder);
	caller_hangs_up(waits);
	run(200);
	sim_end();
	folder_remove(folder);
}
END_TEST

static void count(uint64_t call, void *arg)
{
	struct call_wants w;
	ck_assert(call_waits_for(sim_calls(), call, &w));
	ck_assert_str_eq(w.lacks, "no agent has it");
	++*(unsigned *)arg;
}

// What nobody has is looked for among all members: a page of such callers is a short one.
START_TEST(a_page_of_callers_is_bounded_work)
{
	enum { AGENTS = 300, KINDS = 10 };
	static char yaml[64 << 10];
	struct floor_place at = {.most = 0};
	struct floor_queue_info q;
	struct str_buf b;
	unsigned seen = 0, pages = 0;
	bool more = true;

	str_buf_init(&b, yaml, sizeof(yaml));
	str_buf_add(
		&b, "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n  skills: [a, b]\n  numbers:\n");
	for (unsigned i = 0; i < KINDS * KINDS; i++)
		str_buf_add(&b, "    '%u': f%u\n", 100 + i, i);
	str_buf_add(&b, "  flows:\n");
	for (unsigned i = 0; i < KINDS * KINDS; i++)
		str_buf_add(&b, "    f%u: {in: {queue: sales, skills: {a: %u, b: %u}}}\n", i,
			1 + i % KINDS, 1 + i / KINDS);
	str_buf_add(&b, "  queues: {sales: {agents: [g0");
	for (unsigned i = 1; i < AGENTS; i++)
		str_buf_add(&b, ", g%u", i);
	str_buf_add(&b, "]}}\n  agents:\n");
	for (unsigned i = 0; i < AGENTS; i++)
		str_buf_add(&b, "    g%u: {password: p}\n", i);
	ck_assert(!b.cut);
	sim_begin(&(struct sim_setup){.yaml = yaml, .lax_order = true});
	for (unsigned i = 0; i < KINDS * KINDS; i++) {
		char number[16], from[16];
		str_format(number, sizeof(number), "%u", 100 + i);
		str_format(from, sizeof(from), "c%u", i);
		dial(from, number);
		sim_run(20);
	}
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q), 1);
	for (; more; pages++) {
		at.most = 1000;
		more = floor_waiting_page(calls_floor(sim_calls()), q.id, &at, count, &seen);
	}
	ck_assert_uint_eq(seen, KINDS * KINDS);
	ck_assert_uint_gt(pages, 2); // of 60,000 looks
	sim_stop();
	sim_end();
}
END_TEST

UNIT_MAIN("skills", a_page_of_callers_is_bounded_work, who_has_the_skill_is_offered_the_caller,
	a_level_is_raised_while_a_caller_waits, a_skill_is_removed_while_callers_wait,
	a_skill_is_lost_in_the_midst_of_a_call, a_step_asks_beside_its_queue,
	equal_names_of_two_tenants_are_two_skills, priority_is_of_the_step,
	an_agent_is_preferred_by_name_or_variable, the_log_tells_what_is_asked_for,
	what_is_asked_for_outlives_a_kill)
