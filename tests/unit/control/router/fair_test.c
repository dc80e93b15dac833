// Callers and agents with skills over random days of random queues, judged by the messages alone: a
// caller is with one agent at most, an agent with one caller; who could take several takes the one
// of the highest priority whose time is up first, but for one that it has refused; nobody waits
// whom a ready agent could take, and nobody is forgotten, also whoever asks for what no agent has.
// Rings widen what a caller asks for, and it keeps its place; a reserve stays out until called.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/control/router/fair_judge.h"

#define STEPS	 2400u
#define POLICIES 8u

// --- what is told ---

static void run(uint64_t for_ms)
{
	struct router_message m;
	fair.ran_ms = fair.now_ms;
	fair.now_ms += for_ms;
	if (fair.joins != NULL) {
		fair.joins->since_ms = fair.now_ms;
		fair.joins->due_ms = fair.now_ms + fair.queues[fair.joins->queue].due_ms;
		fair.joins = NULL;
	}
	while (router_run(fair.r, fair.now_ms))
		;
	while (router_take(fair.r, &m))
		fair_judge(&m);
	fair_judge_rest();
}

static void tell(struct router_message m)
{
	m.ticket = ++fair.ticket;
	ck_assert(router_post(fair.r, &m));
	if (rng_below(&fair.rng, 20) == 0)
		ck_assert(router_post(fair.r, &m)); // twice is once
	run(rng_below(&fair.rng, 200));
}

static struct router_skills random_skills(unsigned most, unsigned least_level)
{
	struct router_skills s = {.count = rng_below(&fair.rng, most + 1)};
	uint16_t skill = rng_below(&fair.rng, 12);
	for (unsigned i = 0; i < s.count; i++) {
		s.skill[s.count - 1 - i] = skill % SKILLS;
		s.level[s.count - 1 - i] =
			least_level + rng_below(&fair.rng, ROUTER_LEVELS + 1 - least_level);
		skill += 1 + rng_below(&fair.rng, 4);
	}
	return s;
}

static void tells_skills(void)
{
	struct router_message m = {.kind = ROUTER_SKILLS, .agent = rng_below(&fair.rng, AGENTS)};
	m.skills = random_skills(ROUTER_SKILLS_MAX, 0);
	for (unsigned i = 0; i < m.skills.count; i++)
		fair.agents[m.agent].level[m.skills.skill[i]] = m.skills.level[i];
	tell(m);
}

static void joins(void)
{
	if (fair.call + 1 == CALLS)
		return;
	struct router_message m = {.kind = ROUTER_JOIN,
		.call = ++fair.call,
		.queue = rng_below(&fair.rng, QUEUES),
		.priority = rng_below(&fair.rng, 4) ? 2 : rng_below(&fair.rng, ROUTER_PRIORITIES)};
	m.join.preferred = rng_below(&fair.rng, AGENTS + 2);
	m.join.hold_ms = rng_below(&fair.rng, 4) ? 0 : rng_below(&fair.rng, 3000);
	if (rng_below(&fair.rng, 3))
		m.join.wants = random_skills(2, 1);
	if (rng_below(&fair.rng, 30) == 0)
		m.join.wants = (struct router_skills){.skill = {UNKNOWN}, .level = {1}, .count = 1};
	fair.callers[m.call] = (struct seen_caller){.state = WAITS,
		.queue = m.queue,
		.order = ++fair.order,
		.ticket = fair.ticket + 1,
		.priority = m.priority,
		.preferred = m.join.preferred,
		.hold_ms = m.join.hold_ms,
		.wants = m.join.wants};
	fair.callers_of[m.queue]++;
	fair.joins = &fair.callers[m.call];
	tell(m);
}

static void leaves(void)
{
	struct router_message m = {.kind = ROUTER_LEAVE};
	m.call = fair.call - rng_below(&fair.rng, fair.call < 40 ? fair.call + 1 : 40);
	if (fair.callers[m.call].state != TALKS)
		fair_gone(&fair.callers[m.call]);
	tell(m);
}

static uint64_t some_offer(void)
{
	for (unsigned i = 0, a = rng_below(&fair.rng, AGENTS); i < AGENTS; i++, a++)
		if (fair.agents[a % AGENTS].offer != 0)
			return fair.agents[a % AGENTS].offer;
	return 0;
}

static void connects(void)
{
	struct router_message m = {.kind = ROUTER_CONNECTED, .offer = some_offer()};
	struct seen_caller *c = &fair.callers[fair.agents[m.offer >> 32].call];
	if (m.offer && c->state == OFFERED) {
		fair.callers_of[c->queue]--;
		c->state = TALKS;
		c->offer = m.offer;
	}
	tell(m);
}

static void ends(void)
{
	static const uint8_t whys[] = {WHY_TALKED, WHY_CALLER_GONE, WHY_BUSY, WHY_NO_ANSWER};
	struct router_message m = {
		.kind = ROUTER_OVER, .offer = some_offer(), .why = whys[rng_below(&fair.rng, 4)]};
	if (m.why == WHY_NO_ANSWER)
		fair_offer_missed(m.offer);
	else
		fair_offer_gone(m.offer);
	tell(m);
}

static struct router_member member_drawn(uint32_t agent, uint32_t queue)
{
	uint8_t ring = rng_below(&fair.rng, 4) ? 0 : rng_below(&fair.rng, 3);
	const struct router_queue *q = &fair.queues[queue];
	bool reserve = rng_below(&fair.rng, 4) == 0 && (q->reserve_from || q->reserve_wait_ms);
	fair.agents[agent].ring[queue] = ring;
	fair.agents[agent].reserve[queue] = reserve;
	return (struct router_member){.place = rng_below(&fair.rng, 30),
		.weight = 1 + rng_below(&fair.rng, 9),
		.ring = ring,
		.reserve = reserve};
}

static void moves_member(void) // said again it is another one
{
	struct router_message m = {.kind = ROUTER_MEMBER,
		.agent = rng_below(&fair.rng, AGENTS),
		.queue = rng_below(&fair.rng, QUEUES)};
	if (!fair.agents[m.agent].member[m.queue])
		return;
	m.member = member_drawn(m.agent, m.queue);
	tell(m);
}

static void changes_member(void)
{
	struct router_message m = {
		.agent = rng_below(&fair.rng, AGENTS), .queue = rng_below(&fair.rng, QUEUES)};
	bool *member = &fair.agents[m.agent].member[m.queue];
	*member = !*member;
	m.kind = *member ? ROUTER_MEMBER : ROUTER_MEMBER_GONE;
	m.member = member_drawn(m.agent, m.queue);
	tell(m);
}

static void changes_wish(void)
{
	struct router_message m = {.kind = ROUTER_SET,
		.agent = rng_below(&fair.rng, AGENTS),
		.set.ready = rng_below(&fair.rng, 4) > 0};
	tell(m);
}

static void phone_comes_or_goes(void)
{
	struct router_message m = {
		.kind = rng_below(&fair.rng, 3) ? ROUTER_REGISTERED : ROUTER_UNREGISTERED,
		.agent = rng_below(&fair.rng, AGENTS),
		.set.ready = 1};
	tell(m);
}

static void lease_lapses(void)
{
	run(rng_below(&fair.rng, 2 * ROUTER_LEASE_TALK_MS));
}

static const struct {
	void (*happens)(void);
	unsigned weight;
} moves[] = {
	{joins, 30},
	{leaves, 6},
	{connects, 18},
	{ends, 26},
	{tells_skills, 4},
	{changes_member, 3},
	{moves_member, 3},
	{changes_wish, 5},
	{phone_comes_or_goes, 3},
	{lease_lapses, 1},
};

static void step(void)
{
	unsigned at = rng_below(&fair.rng, 99), i = 0;
	while (at >= moves[i].weight)
		at -= moves[i++].weight;
	moves[i].happens();
}

// --- days ---

static void ring_drawn(uint32_t q, unsigned ring)
{
	struct router_ring *g = &fair.rings[q][ring];
	g->after_ms = 300 + 2000 * ring + rng_below(&fair.rng, 1500);
	g->ring = ring + 1;
	g->priority = rng_below(&fair.rng, 3) ? ROUTER_PRIORITY_STAYS
					      : rng_below(&fair.rng, ROUTER_PRIORITIES);
	g->lowers = random_skills(ROUTER_SKILLS_MAX, 0);
}

static void queue_drawn(uint32_t q, bool features)
{
	struct router_queue *set = &fair.queues[q];
	*set = (struct router_queue){.ring_ms = 20000, .wrap_up_ms = 500, .reject_pause_ms = 900};
	if (features) {
		set->policy = rng_below(&fair.rng, POLICIES);
		set->due_ms = rng_below(&fair.rng, 2) ? 0 : rng_below(&fair.rng, 20000);
		set->rings = rng_below(&fair.rng, 4);
		set->reserve_from = rng_below(&fair.rng, 2) ? 0 : 2 + rng_below(&fair.rng, 6);
		set->reserve_to = set->reserve_from / 2;
		set->reserve_wait_ms =
			rng_below(&fair.rng, 2) ? 0 : 300 + rng_below(&fair.rng, 4000);
	}
	tell((struct router_message){.kind = ROUTER_QUEUE, .queue = q, .queue_set = *set});
	for (unsigned i = 0; i < set->rings; i++) {
		ring_drawn(q, i);
		tell((struct router_message){
			.kind = ROUTER_RING, .queue = q, .ring = fair.rings[q][i]});
	}
}

static void begin(uint64_t seed, bool features)
{
	memset(&fair, 0, sizeof(fair));
	fair.seed = seed;
	rng_seed(&fair.rng, seed);
	ck_assert_int_eq(router_new(seed, 64, &fair.r), 0);
	for (uint32_t q = 0; q < QUEUES; q++)
		queue_drawn(q, features);
	for (uint32_t a = 0; a < AGENTS; a++) {
		tell((struct router_message){.kind = ROUTER_AGENT, .agent = a});
		for (uint32_t q = 0; q < QUEUES; q++) {
			fair.agents[a].member[q] = (a + q) % 3 == 0;
			if (fair.agents[a].member[q])
				tell((struct router_message){.kind = ROUTER_MEMBER,
					.agent = a,
					.queue = q,
					.member = features ? member_drawn(a, q)
							   : (struct router_member){0}});
		}
		tell((struct router_message){
			.kind = ROUTER_REGISTERED, .agent = a, .set.ready = 1});
	}
}

static unsigned count(unsigned state)
{
	unsigned n = 0;
	for (uint64_t i = 1; i <= fair.call; i++)
		n += fair.callers[i].state == state;
	return n;
}

// One agent that can do everything takes whoever is left, one after the other.
static void clear(void)
{
	struct router_message m = {.kind = ROUTER_SKILLS, .skills.count = 1};
	for (uint16_t s = 0; s <= SKILLS; s++) {
		m.skills.skill[0] = s;
		m.skills.level[0] = fair.agents[0].level[s] = ROUTER_LEVELS;
		tell(m);
	}
	for (uint32_t q = 0; q < QUEUES; q++) {
		fair.agents[0].member[q] = true;
		fair.agents[0].ring[q] = fair.agents[0].reserve[q] = 0;
		tell((struct router_message){.kind = ROUTER_MEMBER, .queue = q});
	}
	tell((struct router_message){.kind = ROUTER_REGISTERED});
	tell((struct router_message){.kind = ROUTER_SET, .set.ready = 1});
	for (unsigned i = 0; i < 4 * CALLS && count(WAITS) + count(OFFERED) > 0; i++) {
		connects();
		ends();
		run(1000);
	}
	must(count(WAITS) + count(OFFERED) == 0);
}

START_TEST(nobody_is_forgotten_or_overtaken)
{
	uint64_t widened = 0, of_reserve = 0, of_wait = 0, held = 0, beside = 0;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		begin(seed, seed > 3);
		for (unsigned i = 0; i < STEPS; i++)
			step();
		must(fair.offers > 300);
		clear();
		struct router_counts c;
		router_counts(fair.r, &c);
		must(c.surprises == 0 && c.duplicates > 30);
		router_free(fair.r);
		widened += fair.widened;
		of_reserve += fair.of_reserve;
		of_wait += fair.of_wait;
		held += fair.held;
		beside += fair.beside;
	}
	must(widened > 200 && of_reserve > 50 && of_wait > 20 && held > 20 && beside > 50);
}
END_TEST

UNIT_MAIN("fair", nobody_is_forgotten_or_overtaken)
