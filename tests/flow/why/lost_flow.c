// Offers with their candidates, and agents' states that nobody stands behind.
#include "tests/unit/unit.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

#define NAMES "a1, a2, a3, a4, a5, a6, a7, a8, a9, b1"
#define MANY(policy)                                                                               \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                            \
	"  numbers: {'1': line}\n"                                                                 \
	"  prompts: {music: m.wav}\n"                                                              \
	"  flows: {line: {in: {queue: sales}}}\n"                                                  \
	"  queues: {sales: {agents: [" NAMES "], policy: " policy ", music: music}}\n"             \
	"  agents: {a1: {password: x}, a2: {password: x}, a3: {password: x}, a4: {password: x},\n" \
	"           a5: {password: x}, a6: {password: x}, a7: {password: x}, a8: {password: x},\n" \
	"           a9: {password: x}, b1: {password: x}}\n"

static void offered_seen(const struct event *e, void *arg)
{
	json_t *body = e->type == EVENT_CALL_OFFERED ? json_loads(e->body, 0, NULL) : NULL;
	const json_t *list = json_object_get(body, "candidates"), *one;
	size_t i;
	if (body == NULL)
		return;
	str_buf_add(arg, "%s %s %d/%d:", json_string_value(json_object_get(body, "agent")),
		json_string_value(json_object_get(body, "policy")),
		(int)json_integer_value(json_object_get(body, "ready")),
		(int)json_integer_value(json_object_get(body, "waiting")));
	json_array_foreach(list, i, one)
		str_buf_add(arg, " %s=%d", json_string_value(json_object_get(one, "agent")),
			(int)json_integer_value(json_object_get(one, "score")));
	str_buf_add(arg, "\n");
	json_decref(body);
}

static void ck_offers(const char *yaml, const char *expected)
{
	static const char *const names[] = {
		"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1"};
	char seen[4096] = "";
	struct str_buf b;
	str_buf_init(&b, seen, sizeof(seen));
	sim_begin(&(struct sim_setup){.yaml = yaml,
		.lax_order = true,
		.several = true,
		.rings_all = true,
		.log_in_memory = true});
	eventlog_set_feed(sim_log(), offered_seen, &b);
	for (unsigned i = 0; i < 10; i++) {
		phone_register(names[i]);
		sim_run(100);
	}
	struct sim_caller *c = dial("ann", "1");
	sim_run(1000);
	caller_hangs_up(c);
	sim_run(1000);
	ck_assert_str_eq(seen, expected);
	eventlog_set_feed(sim_log(), sim_story_event, NULL);
	sim_end();
}

START_TEST(an_offer_names_the_best_eight)
{
	ck_offers(MANY("longest-idle"),
		"a1 longest-idle 10/1: a1=1011 a2=911 a3=811 a4=711 a5=611 a6=511 a7=411 a8=311\n");
}
END_TEST

#define ALL(agent) \
	agent " ring-all 10/1: a1=1011 a2=911 a3=811 a4=711 a5=611 a6=511 a7=411 a8=311\n"

// By one decision, which each of them tells.
START_TEST(of_several_that_ring_each_names_all)
{
	ck_offers(MANY("ring-all"),
		ALL("a1") ALL("a2") ALL("a3") ALL("a4") ALL("a5") ALL("a6") ALL("a7") ALL("a8")
			ALL("a9") ALL("b1"));
}
END_TEST

// --- messages that are lost ---

bool __real_router_post(struct router *r, const struct router_message *m);
bool __wrap_router_post(struct router *r, const struct router_message *m);
bool __real_router_take(struct router *r, struct router_message *out);
bool __wrap_router_take(struct router *r, struct router_message *out);

static struct {
	unsigned kind, count;
} lost; // so many of this kind will be

// One message of this kind the router has no memory for, and answers so.
static struct {
	unsigned kind;
	struct router_message done; // kind 0: it is taken, or there is none
} refused;

static bool is_refused(const struct router_message *m)
{
	if (refused.kind == 0 || m->kind != refused.kind)
		return false;
	refused.kind = 0;
	refused.done = (struct router_message){
		.kind = ROUTER_DONE, .error = -ENOMEM, .ticket = m->ticket, .agent = m->agent};
	refused.done.command = m->kind;
	return true;
}

static bool is_lost(const struct router_message *m)
{
	if (lost.count == 0 || m->kind != lost.kind)
		return false;
	lost.count--;
	return true;
}

bool __wrap_router_post(struct router *r, const struct router_message *m)
{
	return is_refused(m) || is_lost(m) || __real_router_post(r, m);
}

bool __wrap_router_take(struct router *r, struct router_message *out)
{
	if (refused.done.kind != 0) {
		*out = refused.done;
		refused.done.kind = 0;
		return true;
	}
	bool took = __real_router_take(r, out);
	while (took && is_lost(out))
		took = __real_router_take(r, out);
	return took;
}

static void lose(unsigned kind, unsigned count)
{
	lost.kind = kind;
	lost.count = count;
}

#define LI "+8613900139000"

static const char centre[] =
	"  country_code: '86'\n"
	"  trunks: {carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060',\n"
	"                     caller: '4001234567'}}\n"
	"  numbers: {'4001234567': line}\n"
	"  prompts: {music: m.wav}\n"
	"  flows: {line: {in: {queue: sales}}}\n"
	"  queues: {sales: {agents: [alice, bob], music: music, wrap_up: 0s, short_call: 0s}}\n"
	"  agents: {alice: {password: a, dials: [carrier], dials_to: ['*']}, bob: {password: b}}\n";

static unsigned told[2]; // agent-state, agent-leg

static void trouble_seen(const struct event *e, void *arg)
{
	if (e->type == EVENT_TROUBLE && strstr(e->body, "\"over\":false") != NULL) {
		told[0] += strstr(e->body, "agent-state") != NULL;
		told[1] += strstr(e->body, "agent-leg") != NULL;
	}
}

static void begin(void)
{
	memset(told, 0, sizeof(told));
	sim_begin(&(struct sim_setup){
		.yaml = centre, .faults = true, .lapses = true, .lax_order = true});
	sim_also_tells(trouble_seen, NULL);
	phone_register("alice");
	sim_run(100);
}

// Mended in less than 10 s, where the leases are of a minute; and told once.
static void ck_mended(const char *now, const char *then)
{
	ck_assert_uint_eq(lost.count, 0);
	ck_assert_str_eq(sim_agents(), now);
	sim_run(10000);
	ck_assert_str_eq(sim_agents(), then);
	ck_assert_uint_eq(told[0], 1);
	ck_assert_uint_eq(told[1], 0);
}

static struct sim_caller *dials_out(const char *number)
{
	struct sim_caller *c = caller_dials(
		&(struct caller_setup){.from = "alice", .agent = "alice", .to = number});
	sim_run(500);
	return c;
}

START_TEST(an_offer_whose_end_is_lost)
{
	begin();
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(2000);
	lose(ROUTER_OVER, 1);
	caller_hangs_up(c);
	sim_run(1000);
	ck_mended("alice:offered bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

START_TEST(a_conversation_whose_end_is_lost)
{
	begin();
	phone_answers("alice", 100);
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(100000); // as long as there is a leg it is none of our business
	ck_assert_str_eq(caller_hears(c), "alice");
	ck_assert_uint_eq(told[0] + told[1], 0);
	lose(ROUTER_OVER, 1);
	caller_hangs_up(c);
	sim_run(1000);
	ck_mended("alice:talking bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

START_TEST(an_offer_that_is_lost)
{
	begin();
	phone_answers("alice", 100);
	lose(ROUTER_OFFER, 1);
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "music");
	ck_assert_str_eq(sim_agents(), "alice:offered bob:signed-out");
	phone_answers("bob", 100);
	phone_register("bob");
	sim_run(100);
	ck_mended("alice:offered bob:ready", "alice:paused bob:talking");
	ck_assert_str_eq(caller_hears(c), "bob");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

START_TEST(an_own_call_whose_end_is_lost)
{
	begin();
	struct sim_caller *c = dials_out(LI);
	ck_assert_str_eq(sim_agents(), "alice:busy bob:signed-out");
	lose(ROUTER_FREE, 1);
	caller_cancels(c);
	sim_run(1000);
	ck_mended("alice:busy bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

START_TEST(an_own_call_whose_beginning_is_lost)
{
	begin();
	lose(ROUTER_BUSY, 1);
	struct sim_caller *c = dials_out(LI);
	ck_mended("alice:ready bob:signed-out", "alice:busy bob:signed-out");
	caller_cancels(c);
	sim_run(1000);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

// What control believes is compared with legs, too.
START_TEST(a_state_that_is_lost)
{
	begin();
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(2000);
	lose(ROUTER_STATE, 1);
	caller_hangs_up(c);
	sim_run(1000);
	ck_mended("alice:offered bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

// … but that one which ends by itself by its time.
START_TEST(an_end_of_a_pause_that_is_lost)
{
	begin();
	phone_rejects("alice", 100, 603);
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(2000);
	ck_assert_str_eq(sim_agents(), "alice:paused bob:signed-out");
	caller_hangs_up(c);
	lose(ROUTER_STATE, 1);
	sim_run(29000);
	ck_mended("alice:paused bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

// The same of calls of its own.
START_TEST(a_state_of_an_own_call_that_is_lost)
{
	begin();
	struct sim_caller *c = dials_out(LI);
	lose(ROUTER_STATE, 1);
	caller_cancels(c);
	sim_run(1000);
	ck_mended("alice:busy bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

// Who is at work is counted all the same: the comparison of later states does not stop.
START_TEST(a_beginning_that_is_lost_and_an_end_later)
{
	begin();
	lose(ROUTER_STATE, 1);
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(2000);
	ck_assert_uint_eq(lost.count, 0);
	caller_hangs_up(c);
	sim_run(1000);
	c = dial("ben", "4001234567");
	sim_run(2000);
	lose(ROUTER_OVER, 1);
	caller_hangs_up(c);
	sim_run(1000);
	ck_mended("alice:offered bob:signed-out", "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

static unsigned own_calls(void)
{
	return floor_own_calls(calls_floor(sim_calls()), "alice");
}

// A lease is of each call: what is renewed is there, what is not is not.
START_TEST(two_own_calls_are_two_after_a_lapse)
{
	begin();
	struct sim_caller *a = dials_out(LI "0"), *b = dials_out(LI "1");
	ck_assert_uint_eq(own_calls(), 2);
	lose(ROUTER_BUSY, 1000);
	sim_run(75000);
	lose(0, 0);
	sim_run(25000); // both are renewed
	ck_assert_uint_eq(own_calls(), 2);
	ck_assert_str_eq(sim_agents(), "alice:busy bob:signed-out");
	caller_cancels(a);
	sim_run(1000);
	ck_assert_uint_eq(own_calls(), 1);
	ck_assert_str_eq(sim_agents(), "alice:busy bob:signed-out");
	caller_cancels(b);
	sim_run(1000);
	ck_assert_str_eq(sim_agents(), "alice:ready bob:signed-out");
	sim_end();
}
END_TEST

// A phone that is called for a caller who has gone, and answers nothing any more.
START_TEST(a_leg_that_no_state_knows_of_is_told)
{
	begin();
	phone_stuck("alice");
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(1000);
	struct floor *f = calls_floor(sim_calls());
	struct floor_agent_info info;
	ck_assert(floor_agent_find(f, "alice", &info));
	floor_over(f, info.offer, WHY_NO_ANSWER); // said, and not so
	phone_unregister("alice");
	sim_run(75000);
	ck_assert_uint_eq(told[1], 1);
	caller_hangs_up(c);
	sim_run(60000);
	sim_end();
}
END_TEST

// Alice is the first agent that the router hears of; nothing about her is known to it then.
static void ck_told_again(unsigned kind, bool reloads)
{
	refused.kind = kind;
	begin();
	phone_answers("alice", 100);
	struct sim_caller *c = dial("ann", "4001234567");
	sim_run(5000);
	ck_assert_uint_eq(refused.kind, 0);
	ck_assert_str_eq(caller_hears(c), "music");
	if (reloads)
		sim_reload(centre);
	sim_run(reloads ? 1000 : 7000);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_run(1000);
	sim_end();
}

START_TEST(what_there_was_no_memory_for_is_told_again)
{
	for (unsigned reloads = 0; reloads < 2; reloads++) {
		ck_told_again(ROUTER_AGENT, reloads);
		ck_told_again(ROUTER_MEMBER, reloads);
	}
}
END_TEST

UNIT_MAIN("lost", what_there_was_no_memory_for_is_told_again, an_offer_names_the_best_eight,
	of_several_that_ring_each_names_all, an_offer_whose_end_is_lost,
	a_conversation_whose_end_is_lost, an_offer_that_is_lost, a_state_that_is_lost,
	an_end_of_a_pause_that_is_lost, a_state_of_an_own_call_that_is_lost,
	a_beginning_that_is_lost_and_an_end_later, an_own_call_whose_end_is_lost,
	an_own_call_whose_beginning_is_lost, two_own_calls_are_two_after_a_lapse,
	a_leg_that_no_state_knows_of_is_told)
