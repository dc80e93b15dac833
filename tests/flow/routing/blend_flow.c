// Agents who have other work, and take a queue's callers while many wait, one for long, or at some
// hours: by the keys, over reloads and restarts, and as it is told.
#include <check.h>
#include <string.h>

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

UNIT_MAIN("blend", called_for_who_waits_long, sent_back_when_who_waited_long_has_gone,
	by_how_many_wait_or_how_long, the_keys_change_while_callers_wait)
