// Agents who have other work, and take a queue's callers while many wait, one for long, or at some
// hours: by the keys, over reloads and restarts, and as it is told.
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/base/timer.h"
#include "engine/base/str.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/unit.h"

// Alice is an agent of `sales`, bob is of its reserve.
#define ACME(reserve)                                                                          \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                        \
	"  numbers: {'1': any}\n"                                                              \
	"  prompts: {music: m.wav}\n"                                                          \
	"  flows: {any: {in: {queue: sales}}}\n"                                               \
	"  queues:\n"                                                                          \
	"    sales: {agents: [alice], music: music, wrap_up: 0s, short_call: 0s" reserve "}\n" \
	"  agents:\n"                                                                          \
	"    alice: {password: a}\n"                                                           \
	"    bob: {password: b}\n"

#define WAIT ", reserve: {agents: [bob], wait: 60s}"

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
	come("bob");
}

static void end(struct sim_caller *const *callers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (callers[i] != NULL)
			caller_hangs_up(callers[i]);
	sim_run(100);
	sim_end();
}

#define END(...)                                                \
	do {                                                    \
		struct sim_caller *const all[] = {__VA_ARGS__}; \
		end(all, sizeof(all) / sizeof(all[0]));         \
	} while (0)

static struct floor_queue_info queue(void)
{
	struct floor_queue_info q;
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q), 1);
	return q;
}

START_TEST(called_for_who_waits_long)
{
	begin(ACME(WAIT));
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(30000);
	struct sim_caller *c = dial("cem", "1");
	sim_run(29000);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	ck_assert(!queue().reserve_called);
	sim_run(1500);
	ck_assert_str_eq(caller_hears(b), "bob");
	ck_assert(!queue().reserve_called); // who waits now does not wait so long
	caller_hangs_up(b);
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "music");
	sim_run(29000);
	ck_assert_str_eq(caller_hears(c), "bob");
	END(a, c);
}
END_TEST

START_TEST(sent_back_when_who_waited_long_has_gone)
{
	begin(ACME(WAIT));
	phone_silent("bob");
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(40000);
	struct sim_caller *c = dial("cem", "1");
	sim_run(20500);
	ck_assert(queue().reserve_called); // bob rings
	ck_assert_uint_eq(phone_invites("bob"), 1);
	caller_hangs_up(b);
	sim_run(500);
	ck_assert(!queue().reserve_called);
	sim_run(30000);
	ck_assert_uint_eq(phone_invites("bob"), 1);
	ck_assert_str_eq(caller_hears(c), "music");
	END(a, c);
}
END_TEST

// Either one is enough, and it is sent back when both are over.
START_TEST(by_how_many_wait_or_how_long)
{
	begin(ACME(", reserve: {agents: [bob], wait: 60s, from: 3, to: 1}"));
	phone_silent("bob");
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1"), *c = dial("cem", "1");
	sim_run(1000);
	ck_assert(!queue().reserve_called);
	struct sim_caller *d = dial("dan", "1");
	sim_run(1000);
	ck_assert(queue().reserve_called);
	caller_hangs_up(c);
	sim_run(1000);
	ck_assert(queue().reserve_called); // two wait
	sim_run(58000);
	caller_hangs_up(d);
	sim_run(1000);
	ck_assert(queue().reserve_called); // one waits, for long
	caller_hangs_up(b);
	sim_run(1000);
	ck_assert(!queue().reserve_called);
	END(a);
}
END_TEST

START_TEST(the_keys_change_while_callers_wait)
{
	begin(ACME(WAIT));
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(30000);
	sim_reload(ACME(", reserve: {agents: [bob], wait: 20s}"));
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "bob"); // has waited so long already
	struct sim_caller *c = dial("cem", "1");
	sim_run(500);
	phone_silent("bob");
	caller_hangs_up(b);
	sim_run(25000);
	ck_assert(queue().reserve_called);
	sim_reload(ACME(", reserve: {agents: [bob], wait: 10min}"));
	sim_run(100);
	ck_assert(!queue().reserve_called);
	sim_reload(ACME(", reserve: {agents: [bob], from: 2}"));
	sim_run(60000);
	ck_assert(!queue().reserve_called);
	sim_reload(ACME("")); // no reserve any more: neither has it members
	sim_run(1000);
	ck_assert(!queue().reserve);
	ck_assert_str_eq(caller_hears(c), "music");
	END(a, c);
}
END_TEST

// --- by the clock ---

#define EUROPE "CET-1CEST,M3.5.0,M10.5.0/3"
#define NIGHT  1792879200 // Sunday 2026-10-25 00:00 there: clocks go back from 03:00 to 02:00
#define MONDAY 1780264800 // 2026-06-01 00:00 there

static int64_t wall_s(void)
{
	return (int64_t)(timers_wall_ns(sim_timers()) / 1000000000);
}

// The zone's clock shows the hour, so many minutes after its midnight by a watch.
static void begin_at(const char *yaml, int64_t midnight, int64_t minutes)
{
	setenv("TZ", EUROPE, 1);
	tzset();
	begin(ACME(""));
	sim_set_wall(midnight + minutes * 60 - wall_s());
	sim_reload(yaml);
	sim_run(100);
}

static const char *why(void)
{
	static char text[FLOOR_RESERVE_TEXT_MAX];
	struct str_buf b;
	str_buf_init(&b, text, sizeof(text));
	floor_reserve_text(calls_floor(sim_calls()), queue().id, &b);
	return text;
}

#define DURING ", reserve: {agents: [bob], during: ['09:00-12:00', 'mon-fri 13:00-14:00']}"

START_TEST(called_by_the_clock)
{
	begin_at(ACME(DURING), MONDAY, 8 * 60 + 58);
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(100000);
	ck_assert_uint_eq(phone_invites("bob"), 0);
	ck_assert_str_eq(why(), "until 2026-06-01 09:00");
	sim_run(20000);
	ck_assert_str_eq(caller_hears(b), "bob");
	ck_assert_str_eq(why(), "by the clock until 2026-06-01 12:00");
	caller_hangs_up(b);
	sim_run(3 * 3600 * 1000 - 30000);
	ck_assert(queue().reserve_called);
	sim_run(30000);
	ck_assert(!queue().reserve_called);
	ck_assert_str_eq(why(), "until 2026-06-01 13:00");
	b = dial("ben", "1");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(b), "music");
	END(a, b);
}
END_TEST

// A call that the reserve has taken goes on when its hours end; the next one is not its any more.
START_TEST(hours_end_in_a_call)
{
	begin_at(ACME(DURING), MONDAY, 11 * 60 + 59);
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(1000);
	struct sim_caller *c = dial("cem", "1");
	sim_run(70000);
	ck_assert(!queue().reserve_called);
	ck_assert_str_eq(caller_hears(b), "bob");
	caller_hangs_up(b);
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "music");
	END(a, c);
}
END_TEST

START_TEST(an_hour_that_comes_twice)
{
	static const struct {
		unsigned minute;
		bool called;
	} seen[] = {{149, false}, {151, true}, {179, true}, {181, false}, {209, false}, {211, true},
		{239, true}, {241, false}};
	begin_at(ACME(", reserve: {agents: [bob], during: ['02:30-03:00']}"), NIGHT, 0);
	for (unsigned i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		sim_run((uint64_t)(NIGHT + seen[i].minute * 60 - wall_s()) * 1000);
		ck_assert_msg(queue().reserve_called == seen[i].called, "%u", seen[i].minute);
	}
	END(NULL);
}
END_TEST

START_TEST(the_clock_is_set)
{
	begin_at(ACME(DURING), MONDAY, 8 * 60);
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	sim_set_wall(3600);
	struct sim_caller *b = dial("ben", "1"); // with whom it is looked at
	sim_run(1000);
	ck_assert_str_eq(caller_hears(b), "bob");
	sim_set_wall(-3600);
	sim_run(15 * 60 * 1000); // as nobody comes
	ck_assert(!queue().reserve_called);
	END(a, b);
}
END_TEST

START_TEST(hours_change_by_a_reload)
{
	begin_at(ACME(DURING), MONDAY, 8 * 60);
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	struct sim_caller *b = dial("ben", "1");
	sim_run(1000);
	sim_reload(ACME(", reserve: {agents: [bob], during: ['08:00-08:10'], from: 5}"));
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "bob");
	sim_run(10 * 60 * 1000);
	ck_assert(!queue().reserve_called);
	ck_assert_str_eq(why(), "until 5 wait or 2026-06-02 08:00");
	sim_reload(ACME(", reserve: {agents: [bob], during: ['00:00-24:00']}"));
	sim_run(100);
	ck_assert_str_eq(why(), "by the clock");
	sim_reload(ACME(WAIT));
	sim_run(60 * 60 * 1000);
	ck_assert_str_eq(why(), "until one has waited for 60 s");
	END(a, b);
}
END_TEST

static void no_answer(const struct router_message *m, void *arg)
{
}

// Nothing of it is kept: a start has the clock.
START_TEST(a_start_within_the_hours)
{
	begin_at(ACME(DURING), MONDAY, 10 * 60);
	struct floor_options options = {.timers = sim_timers(),
		.config = sim_config(),
		.log = sim_log(),
		.seed = 1,
		.answer = no_answer};
	struct floor_queue_info q;
	struct floor *next;
	ck_assert_int_eq(floor_start(&options, &next), 0);
	sim_run(100);
	ck_assert_uint_eq(floor_queue_find(next, "acme", "sales", &q), 1);
	ck_assert(q.reserve_called);
	floor_stop(next);
	END(NULL);
}
END_TEST

UNIT_MAIN("blend", called_for_who_waits_long, sent_back_when_who_waited_long_has_gone,
	by_how_many_wait_or_how_long, the_keys_change_while_callers_wait, called_by_the_clock,
	hours_end_in_a_call, an_hour_that_comes_twice, the_clock_is_set, hours_change_by_a_reload,
	a_start_within_the_hours)
