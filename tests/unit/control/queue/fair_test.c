// Callers and agents with skills over random days of random queues, judged by the messages alone: a
// caller is with one agent at most, an agent with one caller; who could take several takes the one
// of the highest priority whose time is up first, but for one that it has refused; nobody waits whom
// a ready agent could take, and nobody is forgotten, also whoever asks for what no agent has. Rings
// widen what a caller asks for, and it keeps its place; a reserve stays out until it is called.
#include "tests/unit/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "control/queue/router.h"
#include "engine/base/rng.h"

#define AGENTS	24u
#define QUEUES	5u
#define SKILLS	70u
#define UNKNOWN 70u // a skill that no agent has
#define CALLS	700u
#define STEPS	2400u

struct seen_caller {
	enum { NOWHERE, WAITS, OFFERED, TALKS } state;
	uint32_t queue, agent;
	uint64_t order; // of joining
	uint64_t since_ms, due_ms;
	uint32_t refused_by[4]; // agents, the latest ones
	unsigned refusals;
	uint64_t ticket, offer;
	uint8_t priority;
	struct router_skills wants;
};

struct seen_agent {
	enum agent_state state;
	bool member[QUEUES];
	uint8_t ring[QUEUES];
	bool reserve[QUEUES];
	uint8_t level[SKILLS + 1];
	uint64_t call, offer; // offer 0: none runs
};

static struct {
	struct router *r;
	struct rng rng;
	uint64_t seed, ticket, call, now_ms, ran_ms, order, offers, widened, of_reserve;
	struct router_queue queues[QUEUES];
	struct router_ring rings[QUEUES][ROUTER_RINGS];
	unsigned callers_of[QUEUES]; // wait or are offered
	struct seen_caller *joins;   // with the message on its way
	struct seen_caller callers[CALLS];
	struct seen_agent agents[AGENTS];
} t;

// Not ck_assert, which writes to a pipe each time that it holds.
#define must(what)                                                                               \
	do {                                                                                     \
		if (!(what))                                                                     \
			ck_abort_msg(                                                            \
				"seed %" PRIu64 " at %" PRIu64 " ms: " #what, t.seed, t.now_ms); \
	} while (0)

// --- what must hold ---

// How far it has been widened by then.
static unsigned ring_at(const struct seen_caller *c, uint64_t now_ms)
{
	unsigned ring = 0;
	while (ring < t.queues[c->queue].rings &&
		c->since_ms + t.rings[c->queue][ring].after_ms <= now_ms)
		ring++;
	return ring;
}

static unsigned level_at(const struct seen_caller *c, unsigned want, unsigned ring)
{
	unsigned level = c->wants.level[want];
	for (unsigned r = 0; r < ring; r++) {
		const struct router_skills *lowers = &t.rings[c->queue][r].lowers;
		for (unsigned i = 0; i < lowers->count; i++)
			if (lowers->skill[i] == c->wants.skill[want] && lowers->level[i] < level)
				level = lowers->level[i];
	}
	return level;
}

static bool could_take(const struct seen_agent *a, const struct seen_caller *c, uint64_t now_ms)
{
	unsigned ring = ring_at(c, now_ms);
	bool could = a->member[c->queue] && a->ring[c->queue] <= ring;
	for (unsigned i = 0; could && i < c->wants.count; i++)
		could = a->level[c->wants.skill[i]] >= level_at(c, i, ring);
	return could;
}

// While fewer wait than call the reserve, and more than send it back, it may be either.
static bool surely_called(const struct seen_agent *a, uint32_t queue)
{
	return !a->reserve[queue] || t.callers_of[queue] >= t.queues[queue].reserve_from;
}

static unsigned priority_at(const struct seen_caller *c, uint64_t now_ms)
{
	unsigned priority = c->priority;
	for (unsigned r = 0; r < ring_at(c, now_ms); r++)
		if (t.rings[c->queue][r].priority < priority)
			priority = t.rings[c->queue][r].priority;
	return priority;
}

// What is due in this very moment may have been done or not.
static bool surely_before(const struct seen_caller *a, const struct seen_caller *b)
{
	unsigned mine = priority_at(a, t.ran_ms), its = priority_at(b, t.now_ms);
	if (mine != its)
		return mine < its;
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static bool refused(const struct seen_caller *c, uint32_t agent)
{
	for (unsigned i = 0; i < c->refusals; i++)
		if (c->refused_by[i] == agent)
			return true;
	return false;
}

static void refuses(struct seen_caller *c, uint32_t agent)
{
	if (refused(c, agent))
		return;
	if (c->refusals == 4)
		memmove(c->refused_by, c->refused_by + 1, --c->refusals * sizeof(uint32_t));
	c->refused_by[c->refusals++] = agent;
}

static bool others_would(const struct seen_caller *c)
{
	for (unsigned i = 0; i < AGENTS; i++)
		if (t.agents[i].state == AGENT_READY && surely_called(&t.agents[i], c->queue) &&
			could_take(&t.agents[i], c, t.ran_ms) && !refused(c, i))
			return true;
	return false;
}

static void judge_offer(const struct router_message *m)
{
	struct seen_agent *a = &t.agents[m->agent];
	struct seen_caller *c = &t.callers[m->call];
	must(c->state == WAITS && c->ticket == m->ticket && c->queue == m->queue);
	must(a->offer == 0 && a->state == AGENT_OFFERED);
	must(could_take(a, c, t.now_ms));
	must(!a->reserve[c->queue] || t.callers_of[c->queue] > t.queues[c->queue].reserve_to);
	must(m->decision.skills <= c->wants.count && m->decision.ready > 0);
	must(!refused(c, m->agent) || m->why == WHY_PREFERRED || !others_would(c));
	for (uint64_t i = 1; i <= t.call && !refused(c, m->agent); i++)
		must(t.callers[i].state != WAITS || !surely_before(&t.callers[i], c) ||
			!could_take(a, &t.callers[i], t.ran_ms) ||
			!surely_called(a, t.callers[i].queue) || refused(&t.callers[i], m->agent));
	c->state = OFFERED;
	c->agent = m->agent;
	c->offer = a->offer = m->offer;
	a->call = m->call;
	t.offers++;
	t.widened += m->decision.ring > 0;
	t.of_reserve += a->reserve[c->queue];
}

static void judge_rest(void)
{
	for (uint64_t i = 1; i <= t.call; i++)
		for (unsigned a = 0; a < AGENTS && t.callers[i].state == WAITS; a++)
			must(t.agents[a].state != AGENT_READY ||
				!could_take(&t.agents[a], &t.callers[i], t.now_ms) ||
				!surely_called(&t.agents[a], t.callers[i].queue));
}

static void gone(struct seen_caller *c)
{
	if (c->state == WAITS || c->state == OFFERED)
		t.callers_of[c->queue]--;
	if (c->state != NOWHERE)
		c->state = NOWHERE;
}

// The offer is over; who still waits stands where it stood.
static void offer_gone(uint64_t offer)
{
	struct seen_agent *a = &t.agents[offer >> 32];
	if (offer == 0 || a->offer != offer)
		return;
	struct seen_caller *c = &t.callers[a->call];
	if (c->state == OFFERED && c->offer == offer)
		c->state = WAITS;
	else if (c->state == TALKS && c->offer == offer)
		c->state = NOWHERE;
	a->offer = 0;
}

static void offer_missed(uint64_t offer)
{
	struct seen_agent *a = &t.agents[offer >> 32];
	struct seen_caller *c = &t.callers[a->call];
	if (offer != 0 && a->offer == offer && c->state == OFFERED && c->offer == offer)
		refuses(c, offer >> 32);
	offer_gone(offer);
}

static void judge(const struct router_message *m)
{
	if (m->kind == ROUTER_OFFER)
		judge_offer(m);
	else if (m->kind == ROUTER_LAPSED)
		offer_missed(m->offer);
	else if (m->kind == ROUTER_STATE)
		t.agents[m->agent].state = m->change.to;
}

// --- what is told ---

static void run(uint64_t for_ms)
{
	struct router_message m;
	t.ran_ms = t.now_ms;
	t.now_ms += for_ms;
	if (t.joins != NULL) {
		t.joins->since_ms = t.now_ms;
		t.joins->due_ms = t.now_ms + t.queues[t.joins->queue].due_ms;
		t.joins = NULL;
	}
	while (router_run(t.r, t.now_ms))
		;
	while (router_take(t.r, &m))
		judge(&m);
	judge_rest();
}

static void tell(struct router_message m)
{
	m.ticket = ++t.ticket;
	ck_assert(router_post(t.r, &m));
	if (rng_below(&t.rng, 20) == 0)
		ck_assert(router_post(t.r, &m)); // twice is once
	run(rng_below(&t.rng, 200));
}

static struct router_skills random_skills(unsigned most, unsigned least_level)
{
	struct router_skills s = {.count = rng_below(&t.rng, most + 1)};
	uint16_t skill = rng_below(&t.rng, 12);
	for (unsigned i = 0; i < s.count; i++) {
		s.skill[s.count - 1 - i] = skill % SKILLS;
		s.level[s.count - 1 - i] =
			least_level + rng_below(&t.rng, ROUTER_LEVELS + 1 - least_level);
		skill += 1 + rng_below(&t.rng, 4);
	}
	return s;
}

static void tells_skills(void)
{
	struct router_message m = {.kind = ROUTER_SKILLS, .agent = rng_below(&t.rng, AGENTS)};
	m.skills = random_skills(ROUTER_SKILLS_MAX, 0);
	for (unsigned i = 0; i < m.skills.count; i++)
		t.agents[m.agent].level[m.skills.skill[i]] = m.skills.level[i];
	tell(m);
}

static void joins(void)
{
	if (t.call + 1 == CALLS)
		return;
	struct router_message m = {.kind = ROUTER_JOIN,
		.call = ++t.call,
		.queue = rng_below(&t.rng, QUEUES),
		.priority = rng_below(&t.rng, 4) ? 2 : rng_below(&t.rng, ROUTER_PRIORITIES)};
	m.join.preferred = rng_below(&t.rng, AGENTS + 2);
	if (rng_below(&t.rng, 3))
		m.join.wants = random_skills(2, 1);
	if (rng_below(&t.rng, 30) == 0)
		m.join.wants = (struct router_skills){.skill = {UNKNOWN}, .level = {1}, .count = 1};
	t.callers[m.call] = (struct seen_caller){.state = WAITS,
		.queue = m.queue,
		.order = ++t.order,
		.ticket = t.ticket + 1,
		.priority = m.priority,
		.wants = m.join.wants};
	t.callers_of[m.queue]++;
	t.joins = &t.callers[m.call];
	tell(m);
}

static void leaves(void)
{
	struct router_message m = {.kind = ROUTER_LEAVE};
	m.call = t.call - rng_below(&t.rng, t.call < 40 ? t.call + 1 : 40);
	if (t.callers[m.call].state != TALKS)
		gone(&t.callers[m.call]);
	tell(m);
}

static uint64_t some_offer(void)
{
	for (unsigned i = 0, a = rng_below(&t.rng, AGENTS); i < AGENTS; i++, a++)
		if (t.agents[a % AGENTS].offer != 0)
			return t.agents[a % AGENTS].offer;
	return 0;
}

static void connects(void)
{
	struct router_message m = {.kind = ROUTER_CONNECTED, .offer = some_offer()};
	struct seen_caller *c = &t.callers[t.agents[m.offer >> 32].call];
	if (m.offer && c->state == OFFERED && c->offer == m.offer) {
		t.callers_of[c->queue]--;
		c->state = TALKS;
	}
	tell(m);
}

static void ends(void)
{
	static const uint8_t whys[] = {WHY_TALKED, WHY_CALLER_GONE, WHY_BUSY, WHY_NO_ANSWER};
	struct router_message m = {
		.kind = ROUTER_OVER, .offer = some_offer(), .why = whys[rng_below(&t.rng, 4)]};
	if (m.why == WHY_NO_ANSWER)
		offer_missed(m.offer);
	else
		offer_gone(m.offer);
	tell(m);
}

static struct router_member member_drawn(uint32_t agent, uint32_t queue)
{
	uint8_t ring = rng_below(&t.rng, 4) ? 0 : rng_below(&t.rng, 3);
	bool reserve = rng_below(&t.rng, 4) == 0 && t.queues[queue].reserve_from > 0;
	t.agents[agent].ring[queue] = ring;
	t.agents[agent].reserve[queue] = reserve;
	return (struct router_member){.place = rng_below(&t.rng, 30),
		.weight = 1 + rng_below(&t.rng, 9),
		.ring = ring,
		.reserve = reserve};
}

static void moves_member(void) // said again it is another one
{
	struct router_message m = {.kind = ROUTER_MEMBER,
		.agent = rng_below(&t.rng, AGENTS),
		.queue = rng_below(&t.rng, QUEUES)};
	if (!t.agents[m.agent].member[m.queue])
		return;
	m.member = member_drawn(m.agent, m.queue);
	tell(m);
}

static void changes_member(void)
{
	struct router_message m = {
		.agent = rng_below(&t.rng, AGENTS), .queue = rng_below(&t.rng, QUEUES)};
	bool *member = &t.agents[m.agent].member[m.queue];
	*member = !*member;
	m.kind = *member ? ROUTER_MEMBER : ROUTER_MEMBER_GONE;
	m.member = member_drawn(m.agent, m.queue);
	tell(m);
}

static void changes_wish(void)
{
	struct router_message m = {.kind = ROUTER_SET,
		.agent = rng_below(&t.rng, AGENTS),
		.set.ready = rng_below(&t.rng, 4) > 0};
	tell(m);
}

static void phone_comes_or_goes(void)
{
	struct router_message m = {
		.kind = rng_below(&t.rng, 3) ? ROUTER_REGISTERED : ROUTER_UNREGISTERED,
		.agent = rng_below(&t.rng, AGENTS),
		.set.ready = 1};
	tell(m);
}

static void lease_lapses(void)
{
	run(rng_below(&t.rng, 2 * ROUTER_LEASE_TALK_MS));
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
	unsigned at = rng_below(&t.rng, 99), i = 0;
	while (at >= moves[i].weight)
		at -= moves[i++].weight;
	moves[i].happens();
}

// --- days ---

static void ring_drawn(uint32_t q, unsigned ring)
{
	struct router_ring *g = &t.rings[q][ring];
	g->after_ms = 300 + 2000 * ring + rng_below(&t.rng, 1500);
	g->ring = ring + 1;
	g->priority =
		rng_below(&t.rng, 3) ? ROUTER_PRIORITY_STAYS : rng_below(&t.rng, ROUTER_PRIORITIES);
	g->lowers = random_skills(ROUTER_SKILLS_MAX, 0);
}

static void queue_drawn(uint32_t q, bool features)
{
	struct router_queue *set = &t.queues[q];
	*set = (struct router_queue){.ring_ms = 20000, .wrap_up_ms = 500, .reject_pause_ms = 900};
	if (features) {
		set->policy = rng_below(&t.rng, 7);
		set->due_ms = rng_below(&t.rng, 2) ? 0 : rng_below(&t.rng, 20000);
		set->rings = rng_below(&t.rng, 4);
		set->reserve_from = rng_below(&t.rng, 2) ? 0 : 2 + rng_below(&t.rng, 6);
		set->reserve_to = set->reserve_from / 2;
	}
	tell((struct router_message){.kind = ROUTER_QUEUE, .queue = q, .queue_set = *set});
	for (unsigned i = 0; i < set->rings; i++) {
		ring_drawn(q, i);
		tell((struct router_message){
			.kind = ROUTER_RING, .queue = q, .ring = t.rings[q][i]});
	}
}

static void begin(uint64_t seed, bool features)
{
	memset(&t, 0, sizeof(t));
	t.seed = seed;
	rng_seed(&t.rng, seed);
	ck_assert_int_eq(router_new(seed, 64, &t.r), 0);
	for (uint32_t q = 0; q < QUEUES; q++)
		queue_drawn(q, features);
	for (uint32_t a = 0; a < AGENTS; a++) {
		tell((struct router_message){.kind = ROUTER_AGENT, .agent = a});
		for (uint32_t q = 0; q < QUEUES; q++) {
			t.agents[a].member[q] = (a + q) % 3 == 0;
			if (t.agents[a].member[q])
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
	for (uint64_t i = 1; i <= t.call; i++)
		n += t.callers[i].state == state;
	return n;
}

// One agent that can do everything takes whoever is left, one after the other.
static void clear(void)
{
	struct router_message m = {.kind = ROUTER_SKILLS, .skills.count = 1};
	for (uint16_t s = 0; s <= SKILLS; s++) {
		m.skills.skill[0] = s;
		m.skills.level[0] = t.agents[0].level[s] = ROUTER_LEVELS;
		tell(m);
	}
	for (uint32_t q = 0; q < QUEUES; q++) {
		t.agents[0].member[q] = true;
		t.agents[0].ring[q] = t.agents[0].reserve[q] = 0;
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
	uint64_t widened = 0, of_reserve = 0;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		begin(seed, seed > 3);
		for (unsigned i = 0; i < STEPS; i++)
			step();
		must(t.offers > 300);
		clear();
		struct router_counts c;
		router_counts(t.r, &c);
		must(c.surprises == 0 && c.duplicates > 30);
		router_free(t.r);
		widened += t.widened;
		of_reserve += t.of_reserve;
	}
	must(widened > 200 && of_reserve > 50);
}
END_TEST

UNIT_MAIN("fair", nobody_is_forgotten_or_overtaken)
