// A floor for router_bench, and what happens there.
#include "bench/router/crowd.h"

#include <stdlib.h>

#include "bench/bench.h"
#include "engine/base/check.h"

#define SKILLS	   64u
#define HAS_SKILLS 6u
#define CHOICES	   12u	      // of a caller in a queue
#define CALLS	   (1u << 22) // numbers until one comes again
#define EVENT_US   250u
#define RENEW_US   20000000u
#define RING_MS	   20000u // until the next one, where so many wait:
#define WAITING	   50000u
#define START_US   1000000000u
#define AWAY	   20u	   // one agent in so many, and one phone that rings
#define PHONE_MS   600000u // no offer's lease ends

// --- messages ---

// What the router does alone is timed; what it says is remembered.
static void offered(struct crowd *c, const struct router_message *m)
{
	c->offers[m->agent] = m->offer;
	c->rings[c->rang++ % CROWD_RINGS] = (struct crowd_ring){m->call, m->agent};
}

static void run(struct crowd *c)
{
	struct router_message m;
	uint64_t call = 0;
	uint32_t offers = 0;
	uint64_t begin = bench_ns();
	router_run(c->router, c->ran_ms);
	uint64_t ns = bench_ns() - begin;
	while (router_take(c->router, &m)) {
		check(m.kind != ROUTER_LAPSED);
		c->events += m.kind == ROUTER_WIDENED;
		if (m.kind != ROUTER_OFFER)
			continue;
		if (m.call != call) // not another one who is rung for it
			bag_drop(&c->waits, m.call);
		call = m.call;
		offered(c, &m);
		offers++;
	}
	c->ns += ns;
	if (c->counts && offers > 0 && c->timed < CROWD_TIMES)
		c->times[c->timed++] = ns / offers;
}

// Timers that are due come behind it: what it is about is as its sender saw it.
static void say(struct crowd *c, struct router_message m)
{
	m.ticket = ++c->ticket;
	check(router_post(c->router, &m));
	c->events++;
	run(c);
	c->now_us += EVENT_US;
	if (c->now_us / 1000 == c->ran_ms)
		return;
	c->ran_ms = c->now_us / 1000;
	run(c);
}

// --- callers ---

static void join(struct crowd *c)
{
	struct router_message m = {.kind = ROUTER_JOIN,
		.call = ++c->call,
		.queue = rng_below(&c->rng, c->size.queues),
		.priority = rng_below(&c->rng, 10) ? 4 : rng_below(&c->rng, 8)};
	// Of what the queue's menu leads to: nothing, or one or two skills of eight.
	unsigned choice = rng_below(&c->rng, CHOICES);
	m.join.wants.count = choice % 3;
	for (unsigned i = 0; i < m.join.wants.count; i++) {
		m.join.wants.skill[i] = (m.queue * 5 + i * 4 + choice / 3) % SKILLS;
		m.join.wants.level[i] = 1 + (choice + i) % 3 * 3;
	}
	bag_add(&c->waits, m.call);
	say(c, m);
}

static void leave(struct crowd *c)
{
	uint64_t call = bag_draw(&c->waits, &c->rng);
	bag_drop(&c->waits, call);
	say(c, (struct router_message){.kind = ROUTER_LEAVE, .call = call, .why = WHY_CALLER_GONE});
}

// --- agents ---

static uint32_t ringing(const struct crowd *c)
{
	return c->rang - c->answered;
}

static void over(struct crowd *c, uint32_t agent, enum router_why why)
{
	uint64_t offer = c->offers[agent];
	c->offers[agent] = 0;
	say(c, (struct router_message){.kind = ROUTER_OVER, .offer = offer, .why = why});
}

static void renew_later(struct crowd *c, uint32_t agent)
{
	check(c->talked - c->renewed < CROWD_RENEWS);
	c->renews[c->talked++ % CROWD_RENEWS] =
		(struct crowd_renew){c->offers[agent], c->now_us + RENEW_US, agent};
}

static void renew(struct crowd *c)
{
	while (c->renewed != c->talked) {
		struct crowd_renew *next = &c->renews[c->renewed % CROWD_RENEWS];
		if (next->due_us > c->now_us)
			return;
		c->renewed++;
		if (c->offers[next->agent] != next->offer)
			continue; // over
		renew_later(c, next->agent);
		say(c, (struct router_message){.kind = ROUTER_RENEW, .offer = next->offer});
	}
}

// Who was rung first; of those who are rung for one caller the others are let go.
static void answer(struct crowd *c)
{
	struct crowd_ring *ring = &c->rings[c->answered++ % CROWD_RINGS];
	uint64_t call = ring->call;
	bag_add(&c->talks, ring->agent);
	renew_later(c, ring->agent);
	say(c, (struct router_message){.kind = ROUTER_CONNECTED, .offer = c->offers[ring->agent]});
	while (ringing(c) > 0) {
		ring = &c->rings[c->answered % CROWD_RINGS];
		if (ring->call != call)
			return;
		c->answered++;
		over(c, ring->agent, WHY_ELSEWHERE);
	}
}

static void end(struct crowd *c)
{
	if (c->talks.count == 0)
		answer(c);
	uint32_t agent = bag_draw(&c->talks, &c->rng);
	bag_drop(&c->talks, agent);
	over(c, agent, WHY_TALKED);
}

static void come_or_go(struct crowd *c)
{
	bool comes = c->away.count > c->size.agents / AWAY;
	uint32_t agent;
	do
		agent = comes ? bag_draw(&c->away, &c->rng) : rng_below(&c->rng, c->size.agents);
	while (c->is_away[agent] != comes);
	c->is_away[agent] = !comes;
	if (comes)
		bag_drop(&c->away, agent);
	else
		bag_add(&c->away, agent);
	say(c, (struct router_message){.kind = ROUTER_SET, .agent = agent, .set.ready = comes});
}

// --- the floor ---

static uint32_t scaled(const struct crowd *c, uint64_t ms)
{
	return (uint32_t)(ms * c->size.callers / WAITING);
}

void crowd_policy(struct crowd *c, unsigned policy)
{
	for (uint32_t q = 0; q < c->size.queues; q++) {
		struct router_message m = {.kind = ROUTER_QUEUE, .queue = q};
		m.queue_set = (struct router_queue){.policy = policy,
			.ring_ms = PHONE_MS,
			.due_ms = q % 4 * scaled(c, 10000),
			.rings = 3};
		say(c, m);
	}
}

// Levels 7, 4 and none: in the end everybody in the queue is asked.
static void rings_make(struct crowd *c, uint32_t q)
{
	for (uint8_t ring = 1; ring <= 3; ring++) {
		struct router_message m = {.kind = ROUTER_RING, .queue = q};
		m.ring = (struct router_ring){.after_ms = ring * scaled(c, RING_MS),
			.ring = ring,
			.priority = ring == 3 ? 3 : ROUTER_PRIORITY_STAYS};
		for (unsigned i = 0; i < 8; i++) {
			m.ring.lowers.skill[i] = (q * 5 + i) % SKILLS;
			m.ring.lowers.level[i] = ring == 3 ? 0 : 7 - 3 * (ring - 1);
		}
		m.ring.lowers.count = 8;
		say(c, m);
	}
}

static void agent_make(struct crowd *c, uint32_t agent)
{
	unsigned member_of = 2 + rng_below(&c->rng, 5);
	uint32_t queue = agent % c->size.queues;
	say(c, (struct router_message){.kind = ROUTER_AGENT, .agent = agent});
	struct router_message m = {.kind = ROUTER_SKILLS, .agent = agent};
	m.skills.count = HAS_SKILLS;
	for (unsigned i = 0; i < HAS_SKILLS; i++) {
		m.skills.skill[i] = (queue * 5 + i * 3) % SKILLS;
		m.skills.level[i] = 1 + rng_below(&c->rng, ROUTER_LEVELS);
	}
	say(c, m);
	for (unsigned i = 0; i < member_of; i++)
		say(c,
			(struct router_message){.kind = ROUTER_MEMBER,
				.agent = agent,
				.queue = (queue + i * 13) % c->size.queues,
				.member = {.place = agent,
					.weight = 1 + agent % 9,
					.ring = rng_below(&c->rng, 4) == 0}});
	say(c, (struct router_message){.kind = ROUTER_REGISTERED, .agent = agent, .set.ready = 1});
}

struct crowd *crowd_new(const struct crowd_size *size)
{
	struct crowd *c = calloc(1, sizeof(*c));
	check(c != NULL && size->agents <= CROWD_AGENTS);
	check(router_new(1, 4096, &c->router) == 0);
	rng_seed(&c->rng, 1);
	c->size = *size;
	bag_init(&c->waits, CALLS);
	bag_init(&c->talks, CROWD_RINGS);
	bag_init(&c->away, CROWD_RINGS);
	c->now_us = START_US;
	crowd_policy(c, 0);
	for (uint32_t q = 0; q < size->queues; q++)
		rings_make(c, q);
	for (uint32_t a = 0; a < size->agents; a++)
		agent_make(c, a);
	return c;
}

void crowd_free(struct crowd *c)
{
	router_free(c->router);
	bag_fini(&c->waits);
	bag_fini(&c->talks);
	bag_fini(&c->away);
	free(c);
}

// --- what is measured ---

// Of 25: 6 are one event, 3 two of them, 16 three: 10 in 100 and 5 in 100 are as crowd.h says.
static void busy_step(struct crowd *c)
{
	uint32_t what = rng_below(&c->rng, 25);
	if (what < 6) {
		come_or_go(c);
	} else if (what < 9) {
		leave(c);
	} else {
		if (ringing(c) > c->size.agents / AWAY)
			answer(c);
		end(c);
	}
	while (c->waits.count < c->size.callers)
		join(c);
	renew(c);
}

void crowd_fill(struct crowd *c)
{
	uint64_t end_us = c->now_us + 3000ull * scaled(c, RING_MS);
	while (c->waits.count < c->size.callers)
		join(c);
	while (c->now_us < end_us)
		busy_step(c);
}

static void begin(struct crowd *c, bool counts)
{
	c->timed = 0;
	c->events = c->ns = 0;
	c->counts = counts;
}

void crowd_busy(struct crowd *c)
{
	begin(c, true);
	while (c->timed < CROWD_TIMES)
		busy_step(c);
	c->counts = false;
}

static void idle_step(struct crowd *c)
{
	c->counts = true;
	join(c);
	c->counts = false;
	if (ringing(c) > c->size.agents / AWAY)
		answer(c);
	while (c->talks.count + ringing(c) > c->size.agents / 2)
		end(c);
	while (c->waits.count > c->size.agents / 100) // those for whom there is nobody
		leave(c);
	if (rng_below(&c->rng, 3) == 0)
		come_or_go(c);
	renew(c);
}

void crowd_empty(struct crowd *c)
{
	while (c->waits.count > 0)
		leave(c);
	while (c->talks.count + ringing(c) > 0)
		end(c);
	for (uint32_t i = 0; i < c->size.agents; i++)
		idle_step(c);
}

void crowd_idle(struct crowd *c)
{
	begin(c, false);
	while (c->timed < CROWD_TIMES)
		idle_step(c);
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

uint32_t crowd_permille(struct crowd *c, unsigned permille)
{
	qsort(c->times, c->timed, sizeof(c->times[0]), by_time);
	return c->times[(uint64_t)c->timed * permille / 1000];
}
