// A configuration: what is drawn, and its text.
#include "tests/flow/centre/plan.h"

#include <check.h>
#include <string.h>

#include "engine/base/rng.h"
#include "engine/base/str.h"

const char *const plan_features[PLAN_FEATURES] = {
	[PLAN_POLICIES] = "policies",
	[PLAN_RING_ALL] = "ring-all",
	[PLAN_ASKS] = "skills",
	[PLAN_PRIORITY] = "priority",
	[PLAN_PREFER] = "prefer",
	[PLAN_SHARED] = "shared",
	[PLAN_TIMES] = "times",
	[PLAN_PAUSES] = "pauses",
	[PLAN_PHONES] = "phones",
	[PLAN_VANISH] = "vanish",
	[PLAN_CALLERS] = "callers",
	[PLAN_HOLD] = "hold",
	[PLAN_RELOAD] = "reload",
	[PLAN_KILL] = "kill",
	[PLAN_DISK] = "disk",
	[PLAN_RINGS] = "rings",
	[PLAN_WEIGHTS] = "weights",
	[PLAN_MAIL] = "mail",
	[PLAN_TEAMS] = "teams",
	[PLAN_RESERVES] = "reserves",
	[PLAN_OWN] = "own",
	[PLAN_LAST] = "last",
};

static unsigned at_most(struct rng *rng, unsigned most)
{
	return rng_below(rng, most + 1);
}

#define ANY(rng, list) (list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))]

// --- drawn ---

static void draw_asks(struct rng *rng, uint8_t asks[PLAN_SKILLS], unsigned one_in)
{
	for (unsigned i = 0; i < PLAN_SKILLS; i++)
		asks[i] = rng_below(rng, one_in) == 0 ? 1 + rng_below(rng, 8) : 0;
}

static void draw_levels(struct rng *rng, struct plan_agent *a)
{
	for (unsigned i = 0; i < PLAN_SKILLS; i++)
		a->level[i] = rng_below(rng, 3) ? 1 + rng_below(rng, 10) : 0;
}

static void draw_policy(struct rng *rng, struct plan_queue *q, uint32_t features)
{
	static const char *const names[] = {"longest-idle", "round-robin", "fewest-calls",
		"least-talk", "linear", "weighted-random", "best-skill"};
	q->policy = plan_has(features, PLAN_POLICIES) ? ANY(rng, names) : names[0];
	q->ring_all = plan_has(features, PLAN_RING_ALL) && rng_below(rng, 3) == 0;
	if (q->ring_all)
		q->policy = "ring-all";
}

static void draw_members(struct rng *rng, struct plan *p, unsigned queue, uint32_t features)
{
	struct plan_queue *q = &p->queue[queue];
	bool shared = plan_has(features, PLAN_SHARED);
	q->members = 0;
	for (unsigned i = 0; i < p->agents; i++)
		if (shared ? rng_below(rng, 3) == 0 : i % p->queues == queue)
			q->members |= 1u << i;
	if (q->members == 0)
		q->members = 1u << rng_below(rng, p->agents);
	q->reserve &= ~q->members;
	for (unsigned i = 0; i < q->rings; i++) // an agent stands in one of a queue's lists
		q->ring[i].agents &= ~q->members;
}

static void draw_reserve(struct rng *rng, const struct plan *p, struct plan_queue *q)
{
	uint32_t there = q->members;
	for (unsigned i = 0; i < q->rings; i++)
		there |= q->ring[i].agents;
	q->reserve = 0;
	for (unsigned a = 0; a < p->agents; a++)
		if (rng_below(rng, 4) == 0)
			q->reserve |= 1u << a;
	q->reserve &= ~there;
	q->reserve_from = 1 + rng_below(rng, 6);
	q->reserve_to = rng_below(rng, q->reserve_from);
	q->reserve_wait_s = rng_below(rng, 2) ? 1 + rng_below(rng, 20) : 0;
	q->reserve_minute = rng_below(rng, 3) ? 60 : rng_below(rng, 50);
}

static void draw_rings(struct rng *rng, const struct plan *p, struct plan_queue *q)
{
	uint32_t there = q->members;
	unsigned after_s = 0;
	q->rings = rng_below(rng, PLAN_RING_MAX + 1);
	for (unsigned i = 0; i < q->rings; i++) {
		struct plan_ring *g = &q->ring[i];
		g->after_s = after_s += 1 + rng_below(rng, 6);
		g->priority = rng_below(rng, 3) == 0 ? rng_below(rng, 7) : 7;
		for (unsigned k = 0; k < PLAN_SKILLS; k++)
			g->lowers[k] =
				p->skills && rng_below(rng, 2) ? (int8_t)rng_below(rng, 9) : -1;
		g->agents = 0;
		for (unsigned a = 0; a < p->agents; a++)
			if (rng_below(rng, 6) == 0)
				g->agents |= 1u << a;
		g->agents &= ~there;
		there |= g->agents;
	}
}

static void redraw_rings(struct rng *rng, const struct plan *p, struct plan_queue *q)
{
	draw_rings(rng, p, q);
	for (unsigned i = 0; i < q->rings; i++)
		q->reserve &= ~q->ring[i].agents;
}

static void draw_weight(struct rng *rng, struct plan_queue *q)
{
	static const unsigned within_s[] = {0, 5, 20, 60};
	q->serve_within_s = ANY(rng, within_s);
	q->weight = 1 + at_most(rng, 9);
}

static void draw_last(struct rng *rng, struct plan_queue *q)
{
	q->last_s = rng_below(rng, 3) ? 1 + rng_below(rng, 600) : 0;
	q->last_wait_s = q->last_s && rng_below(rng, 2) ? 1 + rng_below(rng, 20) : 0;
}

static void draw_times(struct rng *rng, struct plan_queue *q)
{
	static const char *const rings[] = {"1s", "3s", "8s"}, *const waits[] = {"0s", "9s", "40s"},
				 *const pauses[] = {"0s", "1s", "5s"},
				 *const rejects[] = {"1s", "5s"},
				 *const shorts[] = {"0s", "1s", "2s"};
	q->ring_timeout = ANY(rng, rings);
	q->wait_max = ANY(rng, waits);
	q->wrap_up = ANY(rng, pauses);
	q->reject_pause = rng_below(rng, 8) ? ANY(rng, rejects) : "0s"; // dear: offer upon offer
	q->short_call = ANY(rng, shorts);
	q->size_max = rng_below(rng, 4) == 0 ? 1 + rng_below(rng, 10) : 0;
}

static void draw_queue(struct rng *rng, struct plan *p, unsigned n, uint32_t features)
{
	struct plan_queue *q = &p->queue[n];
	*q = (struct plan_queue){.ring_timeout = "8s",
		.wait_max = "0s",
		.wrap_up = "1s",
		.reject_pause = "1s",
		.short_call = "1s"};
	q->serve_within_s = 20;
	q->weight = 1;
	draw_policy(rng, q, features);
	draw_members(rng, p, n, features);
	if (plan_has(features, PLAN_RINGS))
		draw_rings(rng, p, q);
	if (plan_has(features, PLAN_RESERVES))
		draw_reserve(rng, p, q);
	if (plan_has(features, PLAN_WEIGHTS))
		draw_weight(rng, q);
	if (plan_has(features, PLAN_LAST))
		draw_last(rng, q);
	if (p->skills)
		draw_asks(rng, q->asks, 5);
	if (plan_has(features, PLAN_TIMES))
		draw_times(rng, q);
	q->music = rng_below(rng, 2);
	q->prompt = rng_below(rng, 4) == 0;
}

static void draw_teams(struct rng *rng, struct plan *p, uint32_t features, unsigned one_in)
{
	for (unsigned i = 0; plan_has(features, PLAN_TEAMS) && i < p->agents; i++)
		if (rng_below(rng, one_in) == 0)
			p->agent[i].team = at_most(rng, PLAN_TEAM_MAX);
}

void plan_draw(struct plan *p, struct rng *rng, uint32_t features)
{
	memset(p, 0, sizeof(*p));
	p->agents = 2 + at_most(rng, PLAN_AGENTS - 2);
	p->queues = 1 + at_most(rng, PLAN_QUEUES - 1);
	p->flows = 1 + at_most(rng, PLAN_FLOWS - 1);
	p->skills = plan_has(features, PLAN_ASKS) ? PLAN_SKILLS : 0;
	p->dials = plan_has(features, PLAN_OWN);
	for (unsigned i = 0; i < p->agents; i++) {
		if (p->skills)
			draw_levels(rng, &p->agent[i]);
		p->agent[i].weight = 1 + at_most(rng, 9);
		p->agent[i].away = plan_has(features, PLAN_PAUSES) && rng_below(rng, 8) == 0;
	}
	for (unsigned i = 0; i < p->queues; i++)
		draw_queue(rng, p, i, features);
	for (unsigned i = 0; i < 2 * p->flows; i++) {
		struct plan_step *s = &p->step[i];
		s->queue = rng_below(rng, p->queues);
		if (p->skills)
			draw_asks(rng, s->asks, 4);
		s->priority = plan_has(features, PLAN_PRIORITY) ? rng_below(rng, 8) : 4;
		s->prefer = plan_has(features, PLAN_PREFER) && rng_below(rng, 2)
			? (int)rng_below(rng, p->agents)
			: -1;
	}
	draw_teams(rng, p, features, 1);
}

void plan_redraw(struct plan *p, struct rng *rng, uint32_t features)
{
	for (unsigned i = 0; p->skills && i < p->agents; i++)
		if (rng_below(rng, 4) == 0)
			draw_levels(rng, &p->agent[i]);
	for (unsigned i = 0; i < p->queues; i++) {
		if (rng_below(rng, 3) == 0)
			draw_policy(rng, &p->queue[i], features);
		if (rng_below(rng, 3) == 0)
			draw_members(rng, p, i, features);
		if (plan_has(features, PLAN_TIMES) && rng_below(rng, 4) == 0)
			draw_times(rng, &p->queue[i]);
		if (plan_has(features, PLAN_WEIGHTS) && rng_below(rng, 3) == 0)
			draw_weight(rng, &p->queue[i]);
		if (plan_has(features, PLAN_LAST) && rng_below(rng, 4) == 0)
			draw_last(rng, &p->queue[i]);
		if (plan_has(features, PLAN_RINGS) && rng_below(rng, 3) == 0)
			redraw_rings(rng, p, &p->queue[i]);
		if (plan_has(features, PLAN_RESERVES) && rng_below(rng, 3) == 0)
			draw_reserve(rng, p, &p->queue[i]);
	}
	draw_teams(rng, p, features, 3);
}

// --- its text ---

static void add_asks(struct str_buf *b, const uint8_t level[PLAN_SKILLS])
{
	const char *before = ", skills: {";
	for (unsigned i = 0; i < PLAN_SKILLS; i++) {
		if (level[i] == 0)
			continue;
		str_buf_add(b, "%sk%u: %u", before, i, level[i]);
		before = ", ";
	}
	if (before[2] == '\0')
		str_buf_add(b, "}");
}

static void add_step(struct str_buf *b, const struct plan *p, unsigned n)
{
	const struct plan_step *s = &p->step[n];
	str_buf_add(b, "      s%u: {queue: q%u", n, s->queue);
	add_asks(b, s->asks);
	if (s->priority != 4)
		str_buf_add(b, ", priority: %u", s->priority);
	if (s->prefer >= 0)
		str_buf_add(b, ", prefer: a%d", s->prefer);
	if (n % 2 == 0)
		str_buf_add(b, ", then: s%u", n + 1);
	str_buf_add(b, "}\n");
}

static void add_agents(struct str_buf *b, uint32_t agents)
{
	const char *before = "";
	str_buf_add(b, "agents: [");
	for (unsigned i = 0; i < PLAN_AGENTS; i++) {
		if (!(agents >> i & 1))
			continue;
		str_buf_add(b, "%sa%u", before, i);
		before = ", ";
	}
	str_buf_add(b, "]");
}

static void add_ring(struct str_buf *b, const struct plan_ring *g)
{
	const char *before = ", skills: {";
	str_buf_add(b, "{after: %us, priority: %u", g->after_s, g->priority);
	for (unsigned i = 0; i < PLAN_SKILLS; i++) {
		if (g->lowers[i] < 0)
			continue;
		str_buf_add(b, "%sk%u: %d", before, i, g->lowers[i]);
		before = ", ";
	}
	str_buf_add(b, before[2] == '\0' ? "}" : "");
	if (g->agents) {
		str_buf_add(b, ", ");
		add_agents(b, g->agents);
	}
	str_buf_add(b, "}");
}

static void add_reserve(struct str_buf *b, const struct plan_queue *q)
{
	unsigned minute = q->reserve_minute;
	str_buf_add(b, ", reserve: {from: %u, to: %u, ", q->reserve_from, q->reserve_to);
	if (q->reserve_wait_s)
		str_buf_add(b, "wait: %us, ", q->reserve_wait_s);
	if (minute < 60) // a world begins at 14:30 and lasts some minutes
		str_buf_add(b, "during: ['14:%02u-14:%02u', 'mon-fri 15:%02u-15:%02u'], ", minute,
			minute + 10, minute, minute + 10);
	add_agents(b, q->reserve);
	str_buf_add(b, "}");
}

static void add_queue(struct str_buf *b, const struct plan *p, unsigned n)
{
	const struct plan_queue *q = &p->queue[n];
	str_buf_add(b, "    q%u: {", n);
	add_agents(b, q->members);
	str_buf_add(b,
		", policy: %s, ring_timeout: %s, wait_max: %s, wrap_up: %s, reject_pause: %s, "
		"short_call: %s, size_max: %u",
		q->policy, q->ring_timeout, q->wait_max, q->wrap_up, q->reject_pause, q->short_call,
		q->size_max);
	str_buf_add(b, ", weight: %u, serve_within: %us", q->weight, q->serve_within_s);
	for (unsigned i = 0; i < q->rings; i++) {
		str_buf_add(b, i ? ", " : ", rings: [");
		add_ring(b, &q->ring[i]);
	}
	if (q->rings)
		str_buf_add(b, "]");
	if (q->reserve)
		add_reserve(b, q);
	if (q->last_s)
		str_buf_add(
			b, ", last_agent: %us, last_agent_wait: %us", q->last_s, q->last_wait_s);
	if (q->music)
		str_buf_add(b, ", music: m");
	if (q->prompt)
		str_buf_add(b, ", answer_prompt: b");
	add_asks(b, q->asks);
	str_buf_add(b, "}\n");
}

void plan_text(const struct plan *p, char *out, size_t size)
{
	struct str_buf b;
	str_buf_init(&b, out, size);
	str_buf_add(&b,
		"  trunks: {carrier: {peers: [10.9.0.0/24], targets: 'udp:10.9.0.77:5060', "
		"caller: '4000'}}\n  numbers: {'4000': f0");
	for (unsigned i = 0; i < p->flows; i++)
		str_buf_add(&b, ", '%u': f%u", i, i);
	str_buf_add(&b, "}\n  prompts: {m: m.wav, b: b.wav}\n  pauses: {lunch: Lunch}\n");
	if (p->skills)
		str_buf_add(&b, "  skills: [k0, k1, k2]\n");
	str_buf_add(&b,
		"  sites: s\n  shifts: {early: s, late: s}\n"
		"  teams: {t1: early, t2: late, t3: }\n");
	str_buf_add(&b, "  flows:\n");
	for (unsigned i = 0; i < 2 * p->flows; i++) {
		if (i % 2 == 0)
			str_buf_add(&b, "    f%u:\n", i / 2);
		add_step(&b, p, i);
	}
	str_buf_add(&b, "  queues:\n");
	for (unsigned i = 0; i < p->queues; i++)
		add_queue(&b, p, i);
	str_buf_add(&b, "  agents:\n");
	for (unsigned i = 0; i < p->agents; i++) {
		str_buf_add(&b, "    a%u: {password: x, weight: %u%s", i, p->agent[i].weight,
			p->agent[i].away ? ", ready: no" : "");
		if (p->agent[i].team)
			str_buf_add(&b, ", team: t%u", p->agent[i].team);
		if (p->dials)
			str_buf_add(&b, ", dials: [carrier], dials_to: ['0']");
		add_asks(&b, p->agent[i].level);
		str_buf_add(&b, "}\n");
	}
	ck_assert(!b.cut);
}

// --- what it says ---

struct plan_place plan_joins(const struct plan *p, unsigned step)
{
	const struct plan_step *s = &p->step[step];
	struct plan_place at = {.step = step, .priority = s->priority};
	for (unsigned i = 0; i < PLAN_SKILLS; i++)
		at.asks[i] = s->asks[i] ? s->asks[i] : p->queue[s->queue].asks[i];
	return at;
}

static void widen(struct plan_place *at, const struct plan_ring *g)
{
	for (unsigned i = 0; i < PLAN_SKILLS; i++)
		if (g->lowers[i] >= 0 && g->lowers[i] < at->asks[i])
			at->asks[i] = (uint8_t)g->lowers[i];
	if (g->priority < at->priority)
		at->priority = g->priority;
	at->ring++;
}

struct plan_place plan_widens(
	const struct plan *p, const struct plan_place *from, uint64_t waited_ms)
{
	const struct plan_queue *q = &p->queue[p->step[from->step].queue];
	struct plan_place at = *from;
	while (at.ring < q->rings && q->ring[at.ring].after_s * 1000ull <= waited_ms)
		widen(&at, &q->ring[at.ring]);
	return at;
}

// also: agents beside those of the queue and of its rings.
static uint32_t takes_of(const struct plan *p, const struct plan_place *at, uint32_t also)
{
	const struct plan_queue *q = &p->queue[p->step[at->step].queue];
	uint32_t there = q->members | also, takes = 0;
	for (unsigned i = 0; i < at->ring && i < q->rings; i++)
		there |= q->ring[i].agents;
	for (unsigned a = 0; a < p->agents; a++) {
		bool able = there >> a & 1;
		for (unsigned i = 0; able && i < PLAN_SKILLS; i++)
			able = p->agent[a].level[i] >= at->asks[i];
		takes |= able ? 1u << a : 0;
	}
	return takes;
}

uint32_t plan_may_take(const struct plan *p, const struct plan_place *at)
{
	return takes_of(p, at, p->queue[p->step[at->step].queue].reserve);
}

uint32_t plan_takes(const struct plan *p, const struct plan_place *at)
{
	return takes_of(p, at, 0);
}
