// Who calls again is the agent's who talked with them last: by the keys, over reloads, and over
// restarts, by what the store has.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <poll.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/node/recall.h"
#include "control/rebuild/rebuild.h"
#include "control/store/store.h"
#include "engine/base/str.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

// '1' sales, '2' sales rather by bob, '3' help, which has no such key; another tenant beside it.
#define ACME(last_agent)                                                                         \
	"  country_code: '86'\n"                                                                 \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                          \
	"  numbers: {'1': any, '2': bobs, '3': helps, '4': more}\n"                              \
	"  flows:\n"                                                                             \
	"    any: {in: {queue: sales}}\n"                                                        \
	"    bobs: {in: {queue: sales, prefer: bob}}\n"                                          \
	"    helps: {in: {queue: help}}\n"                                                       \
	"    more: {in: {queue: more}}\n"                                                        \
	"  queues:\n"                                                                            \
	"    sales: {agents: [alice, bob], wrap_up: 0s, short_call: 0s" last_agent "}\n"         \
	"    more: {agents: [alice, bob], wrap_up: 0s, short_call: 0s" last_agent "}\n"          \
	"    help: {agents: [alice, bob], wrap_up: 0s, short_call: 0s}\n"                        \
	"  agents:\n"                                                                            \
	"    alice: {password: a}\n"                                                             \
	"    bob: {password: b}\n"                                                               \
	" other:\n"                                                                              \
	"  trunks: {there: {peers: [10.9.9.0/24]}}\n"                                            \
	"  numbers: {'1': any}\n"                                                                \
	"  flows: {any: {in: {queue: sales}}}\n"                                                 \
	"  queues: {sales: {agents: [cleo, dora], wrap_up: 0s, short_call: 0s" last_agent "}}\n" \
	"  agents: {cleo: {password: c}, dora: {password: d}}\n"

#define WEEK ", last_agent: 7d"

static void come(const char *agent)
{
	phone_register(agent);
	phone_answers(agent, 100);
	sim_run(100);
}

static void begin_with(const struct sim_setup *setup)
{
	sim_begin(setup);
	come("alice");
	come("bob");
}

static void begin(const char *yaml)
{
	begin_with(&(struct sim_setup){.yaml = yaml, .lax_order = true});
}

// Who takes a call that comes so; it lasts a second.
static const char *taken_by(const struct caller_setup *setup)
{
	static char agent[64];
	struct sim_caller *c = caller_dials(setup);
	sim_run(1000);
	str_copy(agent, sizeof(agent), caller_hears(c));
	caller_hangs_up(c);
	sim_run(100);
	return agent;
}

static const char *called(const char *from, const char *to)
{
	return taken_by(&(struct caller_setup){.from = from, .to = to});
}

// The longest idle would be the other one each time.
START_TEST(who_calls_again_is_the_same_agents)
{
	begin(ACME(WEEK));
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(called("5552", "1"), "bob");
	ck_assert_str_eq(called("5552", "4"), "bob"); // another such queue of the tenant
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(called("5552", "1"), "bob");
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 2);
	sim_end();
}
END_TEST

START_TEST(a_queue_without_the_key_knows_nobody)
{
	begin(ACME(""));
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(called("5551", "1"), "bob");
	ck_assert_str_eq(called("5551", "3"), "alice");
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 0);
	sim_end();
}
END_TEST

START_TEST(one_form_of_a_number)
{
	begin(ACME(WEEK));
	ck_assert_str_eq(called("+8613800138000", "1"), "alice");
	ck_assert_str_eq(called("013800138000", "1"), "alice");
	ck_assert_str_eq(called("008613800138000", "1"), "alice");
	sim_end();
}
END_TEST

START_TEST(another_one_where_that_one_is_not_ready)
{
	begin(ACME(WEEK));
	ck_assert_str_eq(called("5551", "1"), "alice");
	calls_agent_set(sim_calls(), "alice", false);
	ck_assert_str_eq(called("5551", "1"), "bob"); // at once, and is the last from here on
	calls_agent_set(sim_calls(), "alice", true);
	ck_assert_str_eq(called("5551", "1"), "bob");
	phone_rejects("bob", 100, 486);
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_end();
}
END_TEST

START_TEST(a_step_names_another_one)
{
	begin(ACME(WEEK));
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(called("5551", "2"), "bob");
	ck_assert_str_eq(called("5551", "2"), "bob");
	ck_assert_str_eq(called("5551", "1"), "bob");
	sim_end();
}
END_TEST

START_TEST(within_the_time)
{
	begin(ACME(", last_agent: 1h"));
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_run(3598 * 1000); // since the end of the call
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_run(3600 * 1000);
	ck_assert_str_eq(called("5551", "1"), "bob");
	sim_end();
}
END_TEST

START_TEST(who_does_not_want_to_be_known)
{
	static const struct caller_setup hidden = {.from = "5551", .to = "1", .privacy = "id"};
	begin(ACME(WEEK));
	ck_assert_str_eq(taken_by(&hidden), "alice");
	ck_assert_str_eq(taken_by(&hidden), "bob");
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 0);
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(taken_by(&hidden), "bob");
	ck_assert_str_eq(called("anonymous", "1"), "alice");
	ck_assert_str_eq(called("anonymous", "1"), "bob");
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 1);
	sim_end();
}
END_TEST

START_TEST(equal_callers_of_two_tenants)
{
	static const struct caller_setup there = {.from = "5551", .to = "1", .tenant = "other"};
	begin(ACME(WEEK));
	come("cleo");
	come("dora");
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(taken_by(&there), "cleo");
	ck_assert_str_eq(taken_by(&there), "cleo");
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_end();
}
END_TEST

START_TEST(the_key_goes_and_comes)
{
	begin(ACME(WEEK));
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_reload(ACME(WEEK));
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_reload(ACME(""));
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 0);
	ck_assert_str_eq(called("5551", "1"), "bob");
	sim_reload(ACME(WEEK));
	ck_assert_str_eq(called("5551", "1"), "alice");
	sim_end();
}
END_TEST

static void offered_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_OFFERED ? json_loads(e->body, 0, NULL) : NULL;
	if (body != NULL)
		str_buf_add(arg, "%s\n", json_string_value(json_object_get(body, "why")));
	json_decref(body);
}

START_TEST(the_decision_tells_why)
{
	char seen[1024] = "";
	struct str_buf b;
	setenv("TZ", "UTC", 1);
	begin_with(
		&(struct sim_setup){.yaml = ACME(WEEK), .lax_order = true, .log_in_memory = true});
	sim_set_wall(1780304400 - (int64_t)(timers_wall_ns(sim_timers()) / 1000000000));
	ck_assert_str_eq(called("5551", "1"), "alice");
	str_buf_init(&b, seen, sizeof(seen));
	eventlog_set_feed(sim_log(), offered_seen, &b);
	ck_assert_str_eq(called("5551", "1"), "alice");
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	ck_assert_msg(strstr(seen,
			      "alice for the first of 1 waiting, preferred: last talked with "
			      "this caller on 2026-06-01 09:00; ready 2:") != NULL,
		"%s", seen);
	sim_end();
}
END_TEST

// --- how many are remembered ---

static void talked(unsigned number, uint64_t wall_ns)
{
	char text[16];
	str_format(text, sizeof(text), "%u", number);
	floor_talked_before(calls_floor(sim_calls()),
		&(struct floor_talk){"acme", "sales", text, number % 2 ? "bob" : "alice", wall_ns});
}

START_TEST(who_lies_back_furthest_is_forgotten_first)
{
	begin(ACME(WEEK));
	struct floor *f = calls_floor(sim_calls());
	uint64_t now_ns = timers_wall_ns(sim_timers());
	for (unsigned i = 0; i < FLOOR_LAST_MAX; i++)
		talked(200000 + i * 7919 % FLOOR_LAST_MAX,
			now_ns - 1000 * (i * 7919 % FLOOR_LAST_MAX));
	ck_assert_uint_eq(floor_last_count(f), FLOOR_LAST_MAX);
	talked(999, now_ns - 1000ull * FLOOR_LAST_MAX); // older than all: not remembered
	ck_assert_uint_eq(floor_last_count(f), FLOOR_LAST_MAX);
	ck_assert_str_eq(called("265535", "1"), "bob"); // was the oldest
	ck_assert_str_eq(called("999", "2"), "bob");	// takes the place of the one that is now
	ck_assert_uint_eq(floor_last_count(f), FLOOR_LAST_MAX);
	ck_assert_str_eq(called("999", "1"), "bob");
	ck_assert_str_eq(called("265533", "1"), "bob");
	ck_assert_uint_eq(floor_last_count(f), FLOOR_LAST_MAX);
	sim_end();
}
END_TEST

START_TEST(news_win)
{
	begin(ACME(WEEK));
	uint64_t now_ns = timers_wall_ns(sim_timers());
	ck_assert_str_eq(called("5551", "1"), "alice");
	const struct floor_talk late = {"acme", "sales", "5551", "bob", now_ns};
	floor_talked_before(calls_floor(sim_calls()), &late);
	ck_assert_str_eq(called("5551", "1"), "alice");
	const struct floor_talk gone = {"acme", "sales", "5552", "nobody", now_ns};
	floor_talked_before(calls_floor(sim_calls()), &gone);
	const struct floor_talk plain = {"acme", "help", "5552", "bob", now_ns};
	floor_talked_before(calls_floor(sim_calls()), &plain);
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 1);
	sim_end();
}
END_TEST

// --- after a restart ---

static char folder[64];
static struct store *store;

static void begin_with_store(const char *yaml)
{
	char error[512];
	begin_with(&(struct sim_setup){
		.yaml = yaml, .lax_order = true, .log_folder = folder_new(folder)});
	ck_assert_int_eq(
		store_start(&(struct store_options){.directory = folder}, &store, error), 0);
}

static void end_with_store(void)
{
	sim_end();
	store_stop(store);
	folder_remove(folder);
}

static void passed(uint64_t sequence, void *arg)
{
	recall_passed(arg, sequence);
}

// The store has not taken in what was written when it is asked, as after a kill.
static void recalled(struct recall *r, struct floor *f)
{
	struct store_status status = {0};
	sim_log_settle();
	store_set_passed(store, passed, r);
	recall_start(r,
		&(struct recall_env){.store = store,
			.floor = f,
			.timers = sim_timers(),
			.log_end = eventlog_written(sim_log())});
	store_written(store, eventlog_written(sim_log()));
	while (status.passed < eventlog_written(sim_log()) || r->asks) {
		struct pollfd p = {.fd = store_fd(store), .events = POLLIN};
		(void)poll(&p, 1, 100);
		store_poll(store);
		store_status(store, &status);
	}
}

struct next { // the floor of the next process
	struct floor *f;
	struct recall recall;
	uint64_t caller, offer;
	char offered[64];
	bool preferred;
};

static void next_answers(const struct router_message *m, void *arg)
{
	struct next *n = arg;
	if (m->kind != ROUTER_OFFER)
		return;
	str_copy(n->offered, sizeof(n->offered), floor_agent_name(n->f, m->agent));
	n->offer = m->offer;
	n->preferred = m->why == WHY_PREFERRED;
}

static void next_begin(struct next *n, bool recalls)
{
	const struct config *c = sim_config();
	*n = (struct next){.caller = 1000};
	struct floor_options options = {.timers = sim_timers(),
		.config = sim_config(),
		.log = sim_log(),
		.seed = 1,
		.answer = next_answers,
		.arg = n};
	ck_assert_int_eq(floor_start(&options, &n->f), 0);
	if (recalls)
		recalled(&n->recall, n->f);
	for (unsigned i = 0; i < c->agent_count; i++)
		floor_registered(n->f, &c->agents[i], true);
	sim_run(100);
}

static void next_end(struct next *n)
{
	recall_stop(&n->recall);
	floor_stop(n->f);
}

static const struct config_queue *queue_of(const char *tenant, const char *name)
{
	const struct config *c = sim_config();
	for (unsigned i = 0; i < c->queue_count; i++)
		if (str_equal(c->queues[i].name, name) &&
			str_equal(c->queues[i].tenant->name, tenant))
			return &c->queues[i];
	return NULL;
}

// Whom the next floor prefers for this number; "": nobody.
static const char *next_prefers(struct next *n, const char *tenant, const char *number)
{
	struct config_levels none = {0};
	struct floor_asks asks = {.skills = &none, .number = number};
	struct floor_wait w = {.call = ++n->caller, .priority = 4};
	n->offered[0] = '\0';
	floor_join(n->f, &w, queue_of(tenant, "sales"), &asks);
	sim_run(10);
	floor_leave(n->f, &w, WHY_CALLER_GONE);
	floor_over(n->f, n->offer, WHY_CALLER_GONE);
	sim_run(10);
	return n->preferred ? n->offered : "";
}

START_TEST(a_restart_knows_by_the_store)
{
	static const struct caller_setup hidden = {.from = "5554", .to = "1", .privacy = "id"};
	static const struct caller_setup there = {.from = "5551", .to = "1", .tenant = "other"};
	static struct next n;
	begin_with_store(ACME(WEEK));
	come("cleo");
	ck_assert_str_eq(called("5551", "1"), "alice");
	ck_assert_str_eq(called("5552", "4"), "bob");
	ck_assert_str_eq(called("5553", "3"), "alice"); // of a queue without the key
	ck_assert_str_eq(taken_by(&hidden), "bob");
	ck_assert_str_eq(taken_by(&there), "cleo");
	ck_assert_str_eq(called("5551", "2"), "bob");
	ck_assert_str_eq(called("5555", "1"), "alice");
	next_begin(&n, true);
	ck_assert_str_eq(next_prefers(&n, "acme", "5551"), "bob"); // the latest
	ck_assert_str_eq(next_prefers(&n, "acme", "5552"), "bob");
	ck_assert_str_eq(next_prefers(&n, "acme", "5553"), "");
	ck_assert_str_eq(next_prefers(&n, "acme", "5554"), "");
	ck_assert_str_eq(next_prefers(&n, "acme", "anonymous"), "");
	ck_assert_str_eq(next_prefers(&n, "acme", "5555"), "alice");
	ck_assert_str_eq(next_prefers(&n, "other", "5551"), "cleo");
	ck_assert_str_eq(next_prefers(&n, "other", "5552"), "");
	ck_assert_uint_eq(floor_last_count(n.f), 4);
	next_end(&n);
	next_begin(&n, false);
	ck_assert_str_eq(next_prefers(&n, "acme", "5551"), "");
	next_end(&n);
	end_with_store();
}
END_TEST

// More than one page, of each queue.
START_TEST(page_by_page)
{
	static struct next n;
	char number[16];
	begin_with_store(ACME(WEEK));
	for (unsigned i = 0; i < 1100; i++) {
		str_format(number, sizeof(number), "6%04u", i);
		ck_assert_str_ne(called(number, "1"), "");
	}
	ck_assert_str_ne(called("7", "4"), "");
	next_begin(&n, true);
	ck_assert_uint_eq(floor_last_count(n.f), 1101);
	next_end(&n);
	end_with_store();
}
END_TEST

// The key comes with a reload: what the queue's agents did before is asked for then.
START_TEST(a_reload_asks_the_store)
{
	struct recall recall = {0};
	begin_with_store(ACME(""));
	ck_assert_str_eq(called("5551", "1"), "alice");
	recalled(&recall, calls_floor(sim_calls()));
	sim_reload(ACME(WEEK));
	ck_assert_uint_eq(floor_last_count(calls_floor(sim_calls())), 0);
	recall_more(&recall);
	ck_assert(recall.asks);
	while (recall.asks) {
		struct pollfd p = {.fd = store_fd(store), .events = POLLIN};
		(void)poll(&p, 1, 100);
		store_poll(store);
	}
	ck_assert_str_eq(called("5551", "1"), "alice");
	recall_stop(&recall);
	end_with_store();
}
END_TEST

// What a kill has cut off is not in the store yet.
START_TEST(calls_that_a_kill_cut_off)
{
	static struct next n;
	struct rebuild rebuild;
	begin_with_store(ACME(WEEK));
	struct sim_caller *c = dial("5551", "1");
	sim_run(5000);
	ck_assert_str_eq(caller_hears(c), "alice");
	sim_log_settle();
	ck_assert_int_eq(rebuild_load(folder, timers_wall_ns(sim_timers()), &rebuild), 0);
	next_begin(&n, true);
	ck_assert_str_eq(next_prefers(&n, "acme", "5551"), "");
	floor_last_restore(n.f, &rebuild);
	ck_assert_str_eq(next_prefers(&n, "acme", "5551"), "alice");
	next_end(&n);
	rebuild_free(&rebuild);
	caller_hangs_up(c);
	sim_run(100);
	end_with_store();
}
END_TEST

UNIT_MAIN("last", who_calls_again_is_the_same_agents, a_queue_without_the_key_knows_nobody,
	one_form_of_a_number, another_one_where_that_one_is_not_ready, a_step_names_another_one,
	within_the_time, who_does_not_want_to_be_known, equal_callers_of_two_tenants,
	the_key_goes_and_comes, the_decision_tells_why, who_lies_back_furthest_is_forgotten_first,
	news_win, a_restart_knows_by_the_store, page_by_page, a_reload_asks_the_store,
	calls_that_a_kill_cut_off)
