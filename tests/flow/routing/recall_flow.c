// Who talked last with a caller, over restarts: by what the store has, and by calls that a kill cut
// off.
#include "tests/unit/unit.h"

#include <poll.h>

#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/node/recall.h"
#include "control/rebuild/rebuild.h"
#include "control/store/store.h"
#include "tests/flow/routing/last.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/parts.h"
#include "tests/unit/control/record/folder.h"

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

UNIT_MAIN("recall", a_restart_knows_by_the_store, page_by_page, a_reload_asks_the_store,
	calls_that_a_kill_cut_off)
