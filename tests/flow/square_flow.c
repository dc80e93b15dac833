// Many at once: positions, and walks in pages while callers come and go between the pages.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

#define CALLERS 120
#define PAGE	7

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': line}\n"
	"  flows:\n"
	"    line: {in: {queue: sales}}\n"
	"  queues: {sales: {agents: [alice, bob]}, desk: {agents: [bob]}}\n"
	"  agents: {alice: {password: a}, bob: {password: b}, carol: {password: c}}\n";

static struct {
	struct sim_caller *caller[2 * CALLERS];
	unsigned count, gone; // the first `gone` have hung up
	struct rng rng;
} w;

static void comes(void)
{
	char name[16];
	str_format(name, sizeof(name), "c%u", w.count);
	w.caller[w.count++] = dial(name, "1");
}

static void begin(void)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
	memset(&w, 0, sizeof(w));
	rng_seed(&w.rng, 5);
	while (w.count < CALLERS)
		comes();
	sim_run(200);
}

static void goes(void)
{
	caller_hangs_up(w.caller[w.gone++]);
}

static void end(void)
{
	while (w.gone < w.count)
		goes();
	sim_end();
}

// --- who was listed, how often, in how many steps ---

struct listed {
	unsigned times[2 * CALLERS];
	unsigned visits; // in this page
	unsigned before; // number of the one before, from 1
};

static unsigned number_of(const char *caller)
{
	unsigned n = 2 * CALLERS;
	ck_assert_int_eq(sscanf(caller, "c%u", &n), 1);
	ck_assert_uint_lt(n, 2 * CALLERS);
	return n;
}

static void list_call(const struct call_info *i, void *arg)
{
	struct listed *l = arg;
	unsigned n = number_of(i->caller);
	l->times[n]++;
	ck_assert_uint_ge(n + 1, l->before); // in the order of coming
	l->before = n + 1;
	ck_assert_uint_le(++l->visits, PAGE);
}

static void list_key(uint64_t key, void *arg)
{
	struct call_info info;
	ck_assert(call_by_key(sim_calls(), key, &info));
	list_call(&info, arg);
}

// Who was there at the beginning and still is came once, nobody twice, nobody who came later.
static void judge(const struct listed *l)
{
	for (unsigned i = 0; i < w.count; i++) {
		ck_assert_uint_le(l->times[i], 1);
		if (i >= w.gone && i < CALLERS)
			ck_assert_uint_eq(l->times[i], 1);
		if (i >= CALLERS)
			ck_assert_uint_eq(l->times[i], 0);
	}
}

static void churn(void)
{
	if (w.count == 2 * CALLERS)
		return;
	comes();
	if (rng_below(&w.rng, 2))
		goes();
	sim_run(100);
}

START_TEST(calls_in_pages)
{
	struct call_place at = {0};
	struct listed l = {0};
	unsigned pages = 0;
	begin();
	do {
		at.most = PAGE;
		l.visits = 0;
		pages++;
		if (pages > 1)
			churn();
	} while (call_page(sim_calls(), &at, list_call, &l));
	ck_assert_uint_le(pages, 2 * CALLERS / PAGE);
	ck_assert_uint_gt(w.gone, 0);
	judge(&l);
	end();
}
END_TEST

// The one that the next page would begin with, and all around it, go.
START_TEST(the_next_one_goes)
{
	struct call_place at = {.most = PAGE};
	struct listed l = {0};
	begin();
	ck_assert(call_page(sim_calls(), &at, list_call, &l));
	while (w.gone < 2 * PAGE)
		goes();
	sim_run(100);
	do {
		at.most = PAGE;
		l.visits = 0;
	} while (call_page(sim_calls(), &at, list_call, &l));
	judge(&l);
	end();
}
END_TEST

START_TEST(waiting_callers_in_pages)
{
	struct floor_place at = {0};
	struct floor_queue_info q;
	struct listed l = {0};
	begin();
	struct floor *floor = calls_floor(sim_calls());
	ck_assert(floor_queue_find(floor, "acme", "sales", &q));
	ck_assert_uint_eq(q.waiting, CALLERS);
	do {
		l.visits = 0;
		at.most = PAGE;
		if (at.next)
			churn();
	} while (floor_waiting_page(floor, q.id, &at, list_key, &l));
	judge(&l);
	end();
}
END_TEST

static void list_agent(const struct floor_agent_info *a, void *arg)
{
	str_buf_add(arg, "%s ", a->name);
}

START_TEST(agents_in_pages)
{
	struct floor_place at = {0}, members = {0};
	struct floor_queue_info q;
	struct str_buf b;
	char text[256];
	begin();
	struct floor *floor = calls_floor(sim_calls());
	str_buf_init(&b, text, sizeof(text));
	do
		at.most = 1;
	while (floor_agents_page(floor, &at, list_agent, &b));
	ck_assert_str_eq(text, "alice bob carol ");
	str_buf_init(&b, text, sizeof(text));
	ck_assert(floor_queue_find(floor, "acme", "desk", &q));
	do
		members.most = 1;
	while (floor_members_page(floor, q.id, &members, list_agent, &b));
	ck_assert_str_eq(text, "bob ");
	end();
}
END_TEST

// Positions, the longest wait and the counts of agents are what a walk would find.
START_TEST(figures_of_a_queue)
{
	struct floor_queue_info q;
	begin();
	struct floor *floor = calls_floor(sim_calls());
	for (unsigned i = 0; i < 40; i++)
		goes();
	sim_run(3000);
	for (unsigned i = w.gone; i < w.count; i++) {
		struct callid id = caller_id(w.caller[i]);
		struct call_info info;
		char text[CALLID_TEXT_MAX];
		ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &info), 0);
		ck_assert_uint_eq(info.position, i - w.gone + 1);
	}
	ck_assert(floor_queue_find(floor, "acme", "sales", &q));
	ck_assert_uint_ge(q.longest_wait_ms, 3000);
	ck_assert_uint_le(q.longest_wait_ms, 3300);
	ck_assert_uint_eq(q.ready + q.talking, 0);
	phone_register("alice");
	phone_answers("alice", 100);
	sim_run(3000);
	ck_assert(floor_queue_find(floor, "acme", "sales", &q));
	ck_assert_uint_eq(q.talking, 1);
	ck_assert_uint_eq(q.ready, 0);
	end();
}
END_TEST

UNIT_MAIN("square", calls_in_pages, the_next_one_goes, waiting_callers_in_pages, agents_in_pages,
	figures_of_a_queue)
