// Who waits for one agent alone, by the router's messages: for how long, and what ends it.
#include <string.h>

#include "control/router/router.h"
#include "tests/unit/unit.h"

#define WANTED	1u // of the agents 0 and 1
#define HOLD_MS 20000

static struct {
	struct router *r;
	uint64_t ticket, now_ms;
	struct router_message offer; // the latest
	unsigned offers;	     // since the last run
} t;

static void run(uint64_t for_ms)
{
	struct router_message m;
	t.now_ms += for_ms;
	while (router_run(t.r, t.now_ms))
		;
	t.offers = 0;
	while (router_take(t.r, &m)) {
		if (m.kind != ROUTER_OFFER)
			continue;
		t.offer = m;
		t.offers++;
	}
}

static void post(struct router_message m)
{
	m.ticket = ++t.ticket;
	ck_assert(router_post(t.r, &m));
	run(1);
}

static void agent_in(uint32_t id)
{
	post((struct router_message){.kind = ROUTER_AGENT, .agent = id});
	post((struct router_message){.kind = ROUTER_MEMBER, .agent = id});
	post((struct router_message){.kind = ROUTER_REGISTERED, .agent = id, .set.ready = 1});
}

static void join(uint64_t call, uint32_t hold_ms, uint8_t priority)
{
	struct router_message m = {.kind = ROUTER_JOIN, .call = call, .priority = priority};
	m.join.preferred = WANTED + 1;
	m.join.hold_ms = hold_ms;
	post(m);
}

static void ck_offered(uint64_t call, uint32_t agent)
{
	ck_assert_uint_eq(t.offers, 1);
	ck_assert_uint_eq(t.offer.call, call);
	ck_assert_uint_eq(t.offer.agent, agent);
}

static void over(uint64_t offer)
{
	post((struct router_message){.kind = ROUTER_OVER, .offer = offer, .why = WHY_TALKED});
}

// The latest offer becomes a conversation, which is over.
static void served(void)
{
	uint64_t offer = t.offer.offer;
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = offer});
	over(offer);
}

// The wanted one talks; returns its offer. The other one is ready, or not there yet.
static uint64_t begin(bool other)
{
	memset(&t, 0, sizeof(t));
	ck_assert_int_eq(router_new(7, 64, &t.r), 0);
	struct router_message q = {.kind = ROUTER_QUEUE};
	q.queue_set = (struct router_queue){.ring_ms = 20000, .reject_pause_ms = 10000};
	post(q);
	agent_in(WANTED);
	join(1, HOLD_MS, 2);
	ck_offered(1, WANTED); // was ready: at once
	ck_assert_uint_eq(t.offer.why, WHY_PREFERRED);
	uint64_t offer = t.offer.offer;
	post((struct router_message){.kind = ROUTER_CONNECTED, .offer = offer});
	if (other)
		agent_in(0);
	return offer;
}

static void end(void)
{
	router_free(t.r);
}

START_TEST(for_that_one_alone)
{
	uint64_t talks = begin(true);
	join(2, HOLD_MS, 2);
	ck_assert_uint_eq(t.offers, 0);
	run(HOLD_MS - 100);
	ck_assert_uint_eq(t.offers, 0);
	over(talks);
	ck_offered(2, WANTED);
	ck_assert_uint_eq(t.offer.why, WHY_PREFERRED);
	end();
}
END_TEST

START_TEST(until_its_time_is_over)
{
	begin(true);
	join(2, HOLD_MS, 2);
	run(HOLD_MS - 2);
	ck_assert_uint_eq(t.offers, 0);
	run(2);
	ck_offered(2, 0);
	ck_assert_uint_eq(t.offer.why, WHY_OFFERED);
	end();
}
END_TEST

START_TEST(not_at_all)
{
	uint64_t talks = begin(true);
	join(2, 0, 2); // did not ask for it
	ck_offered(2, 0);
	served();
	post((struct router_message){.kind = ROUTER_SET, .agent = WANTED}); // will not come back
	join(3, HOLD_MS, 2);
	ck_offered(3, 0);
	served();
	over(talks);
	join(4, HOLD_MS, 2); // is away
	ck_offered(4, 0);
	served();
	post((struct router_message){.kind = ROUTER_MEMBER_GONE, .agent = WANTED});
	post((struct router_message){.kind = ROUTER_SET, .agent = WANTED, .set.ready = 1});
	join(5, HOLD_MS, 2); // serves another queue
	ck_offered(5, 0);
	end();
}
END_TEST

// Whatever takes the wanted one away, others may take the caller at once.
START_TEST(the_agent_goes)
{
	for (unsigned how = 0; how < 4; how++) {
		uint64_t talks = begin(true);
		join(2, HOLD_MS, 2);
		ck_assert_uint_eq(t.offers, 0);
		if (how == 0)
			post((struct router_message){.kind = ROUTER_MEMBER_GONE, .agent = WANTED});
		if (how == 1)
			post((struct router_message){.kind = ROUTER_SET, .agent = WANTED});
		if (how == 2)
			post((struct router_message){.kind = ROUTER_UNREGISTERED, .agent = WANTED});
		if (how == 3)
			post((struct router_message){.kind = ROUTER_AGENT_GONE, .agent = WANTED});
		if (how > 0) {
			ck_assert_uint_eq(t.offers, 0); // the conversation goes on
			over(talks);
		}
		ck_offered(2, 0);
		end();
	}
}
END_TEST

START_TEST(the_caller_goes)
{
	uint64_t talks = begin(true);
	join(2, HOLD_MS, 2);
	join(3, HOLD_MS, 2);
	post((struct router_message){.kind = ROUTER_LEAVE, .call = 2});
	over(talks);
	ck_offered(3, WANTED);
	post((struct router_message){.kind = ROUTER_LEAVE, .call = 3});
	over(t.offer.offer);
	run(2 * HOLD_MS);
	ck_assert_uint_eq(t.offers, 0);
	end();
}
END_TEST

// Of those who wait for it and those who wait for anybody it takes who has the best place; who was
// held keeps that.
START_TEST(places_are_kept)
{
	uint64_t talks = begin(false);
	join(2, HOLD_MS, 2);
	join(3, 0, 2);
	join(4, HOLD_MS, 1);
	join(5, 0, 0);
	over(talks);
	ck_offered(5, WANTED);
	served();
	ck_offered(4, WANTED);
	served();
	ck_offered(2, WANTED);
	post((struct router_message){
		.kind = ROUTER_OVER, .offer = t.offer.offer, .why = WHY_NO_ANSWER});
	ck_assert_uint_eq(t.offers, 0); // left alone for a while
	agent_in(0);
	ck_offered(2, 0); // back in its place, before 3
	served();
	ck_offered(3, 0);
	end();
}
END_TEST

// What the caller asks for is lowered while it waits for one who could not take it before.
START_TEST(rings_go_on)
{
	uint64_t talks = begin(true);
	struct router_message q = {.kind = ROUTER_QUEUE};
	q.queue_set = (struct router_queue){.ring_ms = 20000, .rings = 1};
	struct router_message g = {.kind = ROUTER_RING};
	g.ring = (struct router_ring){.after_ms = 5000,
		.ring = 1,
		.priority = 0,
		.lowers = {.skill = {7}, .level = {0}, .count = 1}};
	struct router_message s = {.kind = ROUTER_SKILLS, .agent = WANTED};
	s.skills = (struct router_skills){.skill = {7}, .level = {3}, .count = 1};
	post(g);
	post(q);
	post(s);
	struct router_message m = {.kind = ROUTER_JOIN, .call = 2, .priority = 2};
	m.join.preferred = WANTED + 1;
	m.join.hold_ms = HOLD_MS;
	m.join.wants = s.skills;
	post(m);
	s.skills.level[0] = 0; // it forgets the skill
	post(s);
	over(talks);
	ck_assert_uint_eq(t.offers, 0);
	run(5000);
	ck_offered(2, WANTED);
	ck_assert_uint_eq(t.offer.decision.ring, 1);
	end();
}
END_TEST

UNIT_MAIN("hold", for_that_one_alone, until_its_time_is_over, not_at_all, the_agent_goes,
	the_caller_goes, places_are_kept, rings_go_on)
