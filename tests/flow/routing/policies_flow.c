// Each policy through whole calls: who is rung, in which order; three who answer ring-all at once;
// who has refused; and a policy that a reload changes.
#include <check.h>
#include <string.h>

#include "control/queue/floor.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/unit.h"

#define ACME(of_queue)                                                                       \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                      \
	"  numbers: {'1': any, '2': german}\n"                                               \
	"  prompts: {music: m.wav}\n"                                                        \
	"  skills: [german]\n"                                                               \
	"  flows:\n"                                                                         \
	"    any: {in: {queue: sales}}\n"                                                    \
	"    german: {in: {queue: sales, skills: {german: 2}}}\n"                            \
	"  queues:\n"                                                                        \
	"    sales: {agents: [alice, bob, cleo], music: music, wrap_up: 0s, " of_queue "}\n" \
	"  agents:\n"                                                                        \
	"    alice: {password: a, skills: {german: 3}, weight: 1}\n"                         \
	"    bob: {password: b, skills: {german: 9}, weight: 2}\n"                           \
	"    cleo: {password: c, skills: {german: 6}, weight: 7}\n"
#define POLICY(name) ACME("short_call: 0s, reject_pause: 0s, policy: " name)

static const char *const agents[] = {"alice", "bob", "cleo"};

// Cleo has been idle for longest, then bob.
static void begin(const char *yaml, bool several)
{
	sim_begin(&(struct sim_setup){
		.yaml = yaml, .lax_order = true, .several = several, .rings_all = several});
	for (unsigned i = 0; i < 3; i++) {
		phone_register(agents[2 - i]);
		phone_answers(agents[2 - i], 100);
		sim_run(1000);
	}
}

// One call after the other, each of so many seconds; who had them.
static void ck_calls(const char *number, const char *seconds, const char *expected)
{
	char had[256] = "";
	struct str_buf b;
	str_buf_init(&b, had, sizeof(had));
	for (const char *s = seconds; *s != '\0'; s++) {
		struct sim_caller *c = dial("ann", number);
		sim_run(1000);
		str_buf_add(&b, "%s%s", b.len ? " " : "", caller_hears(c));
		sim_run(1000u * (unsigned)(*s - '0'));
		caller_hangs_up(c);
		sim_run(500);
	}
	ck_assert_str_eq(had, expected);
}

START_TEST(longest_idle)
{
	begin(POLICY("longest-idle"), false);
	ck_calls("1", "11111", "cleo bob alice cleo bob");
	sim_end();
}
END_TEST

START_TEST(round_robin)
{
	begin(POLICY("round-robin"), false);
	ck_calls("1", "111", "cleo bob alice");
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "cleo");
	ck_calls("1", "1", "bob");
	caller_hangs_up(a); // free later than bob, and offered earlier
	sim_run(500);
	ck_calls("1", "111", "alice cleo bob");
	sim_end();
}
END_TEST

START_TEST(fewest_calls)
{
	begin(POLICY("fewest-calls"), false);
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "cleo");
	ck_calls("1", "1111", "bob alice bob alice"); // who is idle for longer of those with as few
	caller_hangs_up(a);
	sim_run(500);
	ck_calls("1", "11", "cleo bob"); // had one, they had two each
	sim_end();
}
END_TEST

START_TEST(least_talk)
{
	begin(POLICY("least-talk"), false);
	ck_calls("1", "951", "cleo bob alice");
	ck_calls("1", "1111", "alice alice bob alice"); // 2, 4, then 7 against 6, …
	sim_end();
}
END_TEST

START_TEST(linear)
{
	begin(POLICY("linear"), false);
	ck_calls("1", "11", "alice alice");
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	struct sim_caller *b = dial("ben", "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(b), "bob");
	ck_calls("1", "1", "cleo");
	caller_hangs_up(a);
	sim_run(500);
	ck_calls("1", "1", "alice");
	caller_hangs_up(b);
	sim_run(100);
	sim_end();
}
END_TEST

static unsigned had(const char *agent)
{
	return phone_invites(agent);
}

START_TEST(weighted_random)
{
	begin(POLICY("weighted-random"), false);
	for (unsigned i = 0; i < 200; i++) {
		struct sim_caller *c = dial("ann", "1");
		sim_run(500);
		caller_hangs_up(c);
		sim_run(500);
	}
	ck_assert_uint_eq(had("alice") + had("bob") + had("cleo"), 200);
	ck_assert_uint_gt(had("alice"), 5); // of 20, 40 and 140
	ck_assert_uint_gt(had("bob"), had("alice"));
	ck_assert_uint_gt(had("cleo"), 2 * had("bob"));
	sim_end();
}
END_TEST

START_TEST(best_skill)
{
	begin(POLICY("best-skill"), false);
	ck_calls("2", "11", "bob bob");
	struct sim_caller *a = dial("ann", "2");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_calls("2", "11", "cleo cleo");
	caller_hangs_up(a);
	sim_run(100);
	sim_end();
}
END_TEST

static struct floor_queue_info sales(void)
{
	struct floor_queue_info q;
	ck_assert_uint_eq(floor_queue_find(calls_floor(sim_calls()), "acme", "sales", &q), 1);
	return q;
}

// All three say 200 in one moment: one has the caller, and the others are as free as before.
START_TEST(ring_all_has_one_winner)
{
	begin(POLICY("ring-all"), true);
	for (unsigned round = 1; round <= 3; round++) {
		struct sim_caller *a = dial("ann", "1");
		sim_run(1000);
		unsigned talk = 0;
		for (unsigned i = 0; i < 3; i++) {
			ck_assert_uint_eq(phone_invites(agents[i]), round);
			talk += phone_busy(agents[i]);
		}
		ck_assert_uint_eq(talk, 1);
		ck_assert_uint_eq(sales().talking, 1);
		ck_assert_uint_eq(sales().ready, 2);
		ck_assert(strstr("alice bob cleo", caller_hears(a)) != NULL);
		caller_hangs_up(a);
		sim_run(1000);
		ck_assert_uint_eq(sales().ready, 3);
	}
	sim_end();
}
END_TEST

START_TEST(who_refuses_is_not_asked_again)
{
	begin(POLICY("longest-idle"), false);
	phone_rejects("cleo", 100, 486);
	struct sim_caller *a = dial("ann", "1");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(a), "bob");
	struct sim_caller *b = dial("ben", "1");
	sim_run(1000);
	ck_assert_uint_eq(phone_invites("cleo"), 1); // idle since it refused: alice is before it
	ck_assert_str_eq(caller_hears(b), "alice");
	phone_answers("cleo", 100);
	struct sim_caller *c = dial("cem", "1"); // another caller may have it
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "cleo");
	caller_hangs_up(a);
	caller_hangs_up(b);
	caller_hangs_up(c);
	sim_run(1000);
	phone_rejects("bob", 100, 486); // with nobody else there the same one is asked again
	phone_unregister("alice");
	phone_unregister("cleo");
	struct sim_caller *d = dial("dan", "1");
	sim_run(2000);
	ck_assert_uint_gt(phone_invites("bob"), 2);
	caller_hangs_up(d);
	sim_run(1000);
	sim_end();
}
END_TEST

START_TEST(a_reload_changes_the_policy)
{
	begin(POLICY("longest-idle"), false);
	ck_calls("1", "1", "cleo");
	struct sim_caller *a = dial("ann", "1");
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	sim_reload(POLICY("linear")); // the conversation goes on
	sim_run(500);
	ck_assert_str_eq(caller_hears(a), "bob");
	ck_calls("1", "11", "alice alice");
	sim_reload(POLICY("best-skill"));
	ck_calls("2", "1", "cleo");
	caller_hangs_up(a);
	sim_run(500);
	ck_calls("2", "1", "bob");
	sim_end();
}
END_TEST

UNIT_MAIN("policies", longest_idle, round_robin, fewest_calls, least_talk, linear, weighted_random,
	best_skill, ring_all_has_one_winner, who_refuses_is_not_asked_again,
	a_reload_changes_the_policy)
