// The policies, by what the router says: who of four is offered the next caller.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "control/router/policy.h"
#include "control/router/router.h"
#include "control/router/router_private.h"

#define AGENTS 4u

static struct {
	struct router *r;
	uint64_t ticket, call, now_ms, offer;
	struct router_decision decision;
	struct router_candidates more;
	unsigned mores;
} t;

static uint32_t run(uint64_t for_ms) // who is offered the last caller; UINT32_MAX: nobody
{
	struct router_message m;
	uint32_t agent = UINT32_MAX;
	t.now_ms += for_ms;
	while (router_run(t.r, t.now_ms))
		;
	while (router_take(t.r, &m)) {
		if (m.kind == ROUTER_CANDIDATES) {
			t.more = m.candidates;
			t.mores++;
		}
		if (m.kind != ROUTER_OFFER)
			continue;
		agent = m.agent;
		t.offer = m.offer;
		t.decision = m.decision;
	}
	return agent;
}

static void post(struct router_message m)
{
	m.ticket = ++t.ticket;
	ck_assert(router_post(t.r, &m));
}

static void queue_set(const char *policy)
{
	struct router_message q = {.kind = ROUTER_QUEUE};
	ck_assert_int_ge(policy_find(policy), 0);
	q.queue_set.policy = policy_find(policy);
	q.queue_set.ring_ms = 20000;
	post(q);
}

static void agent_in(uint32_t id, uint32_t place, uint32_t weight)
{
	post((struct router_message){.kind = ROUTER_AGENT, .agent = id});
	post((struct router_message){
		.kind = ROUTER_MEMBER, .agent = id, .member = {place, weight}});
	post((struct router_message){.kind = ROUTER_REGISTERED, .agent = id, .set.ready = 1});
	run(10);
}

static void skill(uint32_t agent, uint16_t id, uint8_t level)
{
	post((struct router_message){.kind = ROUTER_SKILLS,
		.agent = agent,
		.skills = {.skill = {id}, .level = {level}, .count = 1}});
}

static void begin(const char *policy)
{
	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(router_new(7, 1024, &t.r), 0);
	queue_set(policy);
	for (uint32_t i = 0; i < AGENTS; i++)
		agent_in(i, i, 0);
}

static uint32_t join(void)
{
	post((struct router_message){.kind = ROUTER_JOIN, .call = ++t.call});
	return run(10);
}

// A conversation that takes so long. The agent is ready again.
static uint32_t talk(uint64_t ms)
{
	uint32_t agent = join();
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = t.offer});
	run(1);
	run(ms);
	post((struct router_message){.kind = ROUTER_OVER, .offer = t.offer, .why = WHY_TALKED});
	run(10);
	return agent;
}

static void ends(void)
{
	router_free(t.r);
}

START_TEST(longest_idle_is_who_was_ready_first)
{
	begin("longest-idle");
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(talk(100), i % AGENTS);
	ends();
}
END_TEST

START_TEST(round_robin_goes_by_offers_however_long_each_talks)
{
	begin("round-robin");
	for (unsigned i = 0; i < 12; i++) {
		uint32_t agent = join();
		ck_assert_uint_eq(agent, i % AGENTS);
		// Rejected, it is not offered the next one though it has been idle for longest.
		post((struct router_message){
			.kind = ROUTER_LEAVE, .call = t.call, .why = WHY_CALLER_GONE});
		post((struct router_message){
			.kind = ROUTER_OVER, .offer = t.offer, .why = WHY_CALLER_GONE});
		run(10);
	}
	ends();
}
END_TEST

START_TEST(fewest_calls_evens_out_and_begins_anew_each_day)
{
	unsigned had[AGENTS + 1] = {0};
	begin("fewest-calls");
	for (unsigned i = 0; i < 12; i++)
		had[talk(i % 4 ? 100 : 60000)]++;
	for (unsigned i = 0; i < AGENTS; i++)
		ck_assert_uint_eq(had[i], 3);
	agent_in(AGENTS, AGENTS, 0); // comes late, has had none: three are its own
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(talk(100), AGENTS);
	ck_assert_uint_eq(t.decision.candidate[0].score, 2);
	ck_assert_uint_eq(t.decision.candidate[1].score, 3);
	ck_assert_uint_ne(talk(100), AGENTS);
	agent_in(AGENTS + 1, AGENTS + 1, 0);
	post((struct router_message){.kind = ROUTER_DAY});
	run(10);
	ck_assert_uint_ne(talk(100), AGENTS + 1); // all have none now, others are idle for longer
	ends();
}
END_TEST

START_TEST(least_talk_goes_by_seconds)
{
	begin("least-talk");
	ck_assert_uint_eq(talk(50000), 0);
	ck_assert_uint_eq(talk(5000), 1);
	ck_assert_uint_eq(talk(20000), 2);
	ck_assert_uint_eq(talk(40000), 3);
	ck_assert_uint_eq(talk(10000), 1); // 15 s now
	ck_assert_uint_eq(talk(20000), 1); // 35 s
	ck_assert_uint_eq(talk(10000), 2); // had 20 s
	ends();
}
END_TEST

START_TEST(a_talk_over_midnight_counts_from_midnight)
{
	begin("least-talk");
	ck_assert_uint_eq(join(), 0);
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = t.offer});
	run(1);
	run(50000);
	post((struct router_message){.kind = ROUTER_DAY});
	run(5000);
	post((struct router_message){.kind = ROUTER_OVER, .offer = t.offer, .why = WHY_TALKED});
	run(10);
	for (uint32_t agent = 1; agent < AGENTS; agent++)
		ck_assert_uint_eq(talk(20000), agent);
	ck_assert_uint_eq(talk(100), 0); // 5 s of this day
	ends();
}
END_TEST

// Numbers of offers begin anew one day: no offer is none, and the order goes on.
START_TEST(offers_are_told_apart_when_their_numbers_begin_anew)
{
	begin("round-robin");
	t.r->offers = UINT32_MAX - 1;
	for (unsigned i = 0; i < 12; i++) {
		ck_assert_uint_eq(talk(100), i % AGENTS);
		ck_assert_uint_ne((uint32_t)t.offer, 0);
	}
	ends();
}
END_TEST

START_TEST(linear_is_the_order_of_the_list_also_when_it_changes)
{
	begin("linear");
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(talk(100), 0);
	ck_assert_uint_eq(join(), 0);
	ck_assert_uint_eq(join(), 1);
	post((struct router_message){.kind = ROUTER_MEMBER, .agent = 3, .member = {.place = 0}});
	ck_assert_uint_eq(join(), 3);
	ck_assert_uint_eq(join(), 2);
	ends();
}
END_TEST

START_TEST(weighted_random_gives_each_its_share)
{
	static const unsigned weights[AGENTS] = {1, 2, 5, 12};
	unsigned had[AGENTS] = {0}, calls = 20000;
	begin("weighted-random");
	for (uint32_t i = 0; i < AGENTS; i++)
		post((struct router_message){
			.kind = ROUTER_MEMBER, .agent = i, .member = {i, weights[i]}});
	for (unsigned i = 0; i < calls; i++)
		had[talk(1)]++;
	for (unsigned i = 0; i < AGENTS; i++) {
		double want = calls * weights[i] / 20.0;
		ck_assert_double_gt(had[i], want * 0.9);
		ck_assert_double_lt(had[i], want * 1.1);
	}
	ends();
}
END_TEST

START_TEST(best_skill_is_the_highest_level_and_says_so)
{
	begin("best-skill");
	for (uint32_t i = 0; i < AGENTS; i++)
		skill(i, 5, i == 2 ? 9 : 3 + i);
	run(1);
	post((struct router_message){.kind = ROUTER_JOIN,
		.call = ++t.call,
		.join.wants = {.skill = {5}, .level = {4}, .count = 1}});
	ck_assert_uint_eq(run(10), 2);
	ck_assert_uint_eq(t.decision.ready, 3); // agent 0 has level 3
	ck_assert_uint_eq(t.decision.candidate[0].score, 9);
	ck_assert_uint_eq(t.decision.candidate[1].agent, 3);
	ck_assert_uint_eq(t.decision.candidate[1].score, 6);
	ck_assert_uint_eq(join(), 0); // asks for nothing: who is idle for longest
	ends();
}
END_TEST

START_TEST(eight_candidates_are_named_best_first)
{
	begin("linear");
	for (uint32_t i = AGENTS; i < 11; i++)
		agent_in(i, i, 0);
	t.mores = 0;
	ck_assert_uint_eq(join(), 0);
	ck_assert_uint_eq(t.decision.ready, 11);
	ck_assert_uint_eq(t.mores, 1);
	ck_assert_uint_eq(t.more.count, ROUTER_CANDIDATES_MORE);
	for (uint32_t i = 0; i < ROUTER_EXPLAINED; i++)
		ck_assert_uint_eq(t.decision.candidate[i].agent, i);
	for (uint32_t i = 0; i < ROUTER_CANDIDATES_MORE; i++)
		ck_assert_uint_eq(t.more.more[i].agent, ROUTER_EXPLAINED + i);
	ends();
}
END_TEST

static int error_of(enum router_kind kind)
{
	struct router_message m;
	int error = 1;
	while (router_run(t.r, ++t.now_ms))
		;
	while (router_take(t.r, &m))
		if (m.kind == ROUTER_DONE && m.command == kind)
			error = m.error;
	return error;
}

START_TEST(ring_all_has_one_winner)
{
	uint64_t offers[AGENTS], call = 1;
	unsigned n = 0;
	struct router_message m;
	begin("ring-all");
	post((struct router_message){.kind = ROUTER_JOIN, .call = call});
	while (router_run(t.r, ++t.now_ms))
		;
	while (router_take(t.r, &m))
		if (m.kind == ROUTER_OFFER) {
			ck_assert_uint_eq(m.call, call);
			ck_assert_uint_eq(m.decision.number, 1);
			offers[n++] = m.offer;
		}
	ck_assert_uint_eq(n, AGENTS);
	post((struct router_message){.kind = ROUTER_OVER, .offer = offers[0], .why = WHY_REJECTED});
	ck_assert_int_eq(error_of(ROUTER_OVER), 0); // the others ring on
	post((struct router_message){.kind = ROUTER_ANSWERED, .offer = offers[2]});
	ck_assert_int_eq(error_of(ROUTER_ANSWERED), 0);
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = offers[2]});
	ck_assert_int_eq(error_of(ROUTER_CONNECTED), 0);
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = offers[1]});
	ck_assert_int_eq(error_of(ROUTER_CONNECTED), -ESTALE);
	for (unsigned i = 1; i < AGENTS; i += 2)
		post((struct router_message){
			.kind = ROUTER_OVER, .offer = offers[i], .why = WHY_ELSEWHERE});
	ck_assert_int_eq(error_of(ROUTER_OVER), 0);
	ck_assert_uint_eq(join() % 2, 1); // of those two
	ends();
}
END_TEST

START_TEST(another_policy_is_in_force_at_once)
{
	begin("linear");
	talk(100);
	queue_set("longest-idle"); // agent 0 was ready last
	ck_assert_uint_eq(join(), 1);
	queue_set("linear");
	ck_assert_uint_eq(join(), 0);
	ends();
}
END_TEST

UNIT_MAIN("policy", longest_idle_is_who_was_ready_first,
	round_robin_goes_by_offers_however_long_each_talks,
	fewest_calls_evens_out_and_begins_anew_each_day, least_talk_goes_by_seconds,
	a_talk_over_midnight_counts_from_midnight,
	offers_are_told_apart_when_their_numbers_begin_anew,
	linear_is_the_order_of_the_list_also_when_it_changes, weighted_random_gives_each_its_share,
	best_skill_is_the_highest_level_and_says_so, eight_candidates_are_named_best_first,
	ring_all_has_one_winner, another_policy_is_in_force_at_once)
