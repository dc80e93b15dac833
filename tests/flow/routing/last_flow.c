// Who calls again is the agent's who talked with them last: by the keys, over reloads.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/eventlog/eventlog.h"
#include "tests/flow/routing/last.h"
#include "tests/flow/sim/parts.h"

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

// --- for that one alone ---

#define WAIT ", last_agent: 7d, last_agent_wait: 20s"
#define HELD "waits for the agent of the last time, who is at work"

static void lacks_each(uint64_t call, void *arg)
{
	struct call_wants w;
	ck_assert(call_waits_for(sim_calls(), call, &w));
	*(const char **)arg = w.lacks ? w.lacks : "";
}

// Of who waits in `sales`.
static const char *lacks(void)
{
	struct floor_place at = {.most = 100};
	struct floor_queue_info q;
	const char *text = NULL;
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q), 1);
	floor_waiting_page(calls_floor(sim_calls()), q.id, &at, lacks_each, &text);
	ck_assert_ptr_nonnull(text);
	return text;
}

// Alice talked with 5551 and talks with 5552; bob is ready.
static struct sim_caller *begin_wait(void)
{
	begin(ACME(WAIT));
	ck_assert_str_eq(called("5551", "1"), "alice");
	calls_agent_set(sim_calls(), "bob", false);
	struct sim_caller *other = dial("5552", "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(other), "alice");
	calls_agent_set(sim_calls(), "bob", true);
	sim_run(100);
	return other;
}

START_TEST(it_is_waited_for)
{
	struct sim_caller *other = begin_wait(), *c = dial("5551", "1");
	sim_run(15000);
	ck_assert_str_eq(caller_hears(c), "");
	ck_assert_str_eq(lacks(), HELD);
	caller_hangs_up(other);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_uint_eq(phone_invites("bob"), 0);
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(it_is_not_waited_for_longer)
{
	struct sim_caller *other = begin_wait(), *c = dial("5551", "1");
	sim_run(19800);
	ck_assert_str_eq(caller_hears(c), "");
	sim_run(700);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(other);
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

// Another caller waits for nobody, nor does who is led to one by the step.
START_TEST(others_do_not_wait)
{
	struct sim_caller *other = begin_wait();
	ck_assert_str_eq(called("5553", "1"), "bob");
	ck_assert_str_eq(called("5551", "2"), "bob");
	struct sim_caller *c = dial("5551", "3"); // of a queue without the key
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_run(100);
	calls_agent_set(sim_calls(), "alice", false); // does not want another one
	ck_assert_str_eq(called("5551", "1"), "bob");
	caller_hangs_up(other);
	sim_run(100);
	sim_end();
}
END_TEST

START_TEST(the_awaited_one_goes)
{
	struct sim_caller *other = begin_wait(), *c = dial("5551", "1");
	sim_run(1000);
	calls_agent_set(sim_calls(), "alice", false);
	caller_hangs_up(other);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

// Whom it waits for is told as long as it does.
START_TEST(who_is_waited_for_is_told)
{
	begin(ACME(WAIT));
	ck_assert_str_eq(called("5551", "1"), "alice");
	calls_agent_set(sim_calls(), "bob", false);
	struct sim_caller *other = dial("5552", "1");
	sim_run(500);
	struct sim_caller *c = dial("5551", "1");
	sim_run(500);
	ck_assert_str_eq(lacks(), HELD);
	sim_run(20000);
	ck_assert_str_eq(lacks(), "");
	caller_hangs_up(c);
	c = dial("5551", "1");
	sim_run(500);
	ck_assert_str_eq(lacks(), HELD);
	phone_rejects("alice", 100, 486);
	caller_hangs_up(other);
	sim_run(500);
	ck_assert_str_eq(lacks(), ""); // is left alone, and the caller waits for any
	calls_agent_set(sim_calls(), "alice", false);
	phone_answers("alice", 100);
	calls_agent_set(sim_calls(), "alice", true);
	sim_run(500);
	ck_assert_str_eq(caller_hears(c), "alice");
	other = dial("5551", "1");
	sim_run(500);
	ck_assert_str_eq(lacks(), HELD);
	caller_hangs_up(c);
	calls_agent_set(sim_calls(), "alice", false);
	sim_run(500);
	caller_hangs_up(other);
	sim_run(100);
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

UNIT_MAIN("last", who_calls_again_is_the_same_agents, a_queue_without_the_key_knows_nobody,
	one_form_of_a_number, another_one_where_that_one_is_not_ready, a_step_names_another_one,
	within_the_time, who_does_not_want_to_be_known, equal_callers_of_two_tenants,
	the_key_goes_and_comes, the_decision_tells_why, it_is_waited_for,
	it_is_not_waited_for_longer, others_do_not_wait, the_awaited_one_goes,
	who_is_waited_for_is_told, who_lies_back_furthest_is_forgotten_first, news_win)
