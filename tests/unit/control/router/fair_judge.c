// What random days of callers and agents must keep to.
#include "tests/unit/control/router/fair_judge.h"

#include <string.h>

#include "control/router/policy.h"

struct fair fair;

// --- what must hold ---

// How far it has been widened by then.
static unsigned ring_at(const struct seen_caller *c, uint64_t now_ms)
{
	unsigned ring = 0;
	while (ring < fair.queues[c->queue].rings &&
		c->since_ms + fair.rings[c->queue][ring].after_ms <= now_ms)
		ring++;
	return ring;
}

static unsigned level_at(const struct seen_caller *c, unsigned want, unsigned ring)
{
	unsigned level = c->wants.level[want];
	for (unsigned r = 0; r < ring; r++) {
		const struct router_skills *lowers = &fair.rings[c->queue][r].lowers;
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

// Somebody has waited so long that the reserve is called.
static bool waits_long(uint32_t queue, uint64_t now_ms)
{
	const struct router_queue *q = &fair.queues[queue];
	for (uint64_t i = 1; q->reserve_wait_ms > 0 && i <= fair.call; i++) {
		const struct seen_caller *c = &fair.callers[i];
		if (c->queue == queue && (c->state == WAITS || c->state == OFFERED) &&
			c->since_ms + q->reserve_wait_ms <= now_ms)
			return true;
	}
	return false;
}

// While fewer wait than call the reserve, and more than send it back, it may be either.
static bool surely_called(const struct seen_agent *a, uint32_t queue)
{
	const struct router_queue *q = &fair.queues[queue];
	return !a->reserve[queue] ||
		(q->reserve_from > 0 && fair.callers_of[queue] >= q->reserve_from) ||
		waits_long(queue, fair.ran_ms);
}

static bool surely_held(const struct seen_agent *a, uint32_t queue)
{
	const struct router_queue *q = &fair.queues[queue];
	return a->reserve[queue] && !waits_long(queue, fair.now_ms) &&
		(q->reserve_from == 0 || fair.callers_of[queue] <= q->reserve_to);
}

static unsigned priority_at(const struct seen_caller *c, uint64_t now_ms)
{
	unsigned priority = c->priority;
	for (unsigned r = 0; r < ring_at(c, now_ms); r++)
		if (fair.rings[c->queue][r].priority < priority)
			priority = fair.rings[c->queue][r].priority;
	return priority;
}

// What is due in this very moment may have been done or not.
static bool surely_before(const struct seen_caller *a, const struct seen_caller *b)
{
	unsigned mine = priority_at(a, fair.ran_ms), its = priority_at(b, fair.now_ms);
	if (mine != its)
		return mine < its;
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

// It may wait for another agent alone.
static bool may_be_held(const struct seen_caller *c, uint32_t agent, uint64_t now_ms)
{
	return c->preferred != agent + 1 && c->since_ms + c->hold_ms > now_ms;
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
		if (fair.agents[i].state == AGENT_READY &&
			surely_called(&fair.agents[i], c->queue) &&
			could_take(&fair.agents[i], c, fair.ran_ms) && !refused(c, i))
			return true;
	return false;
}

static void judge_offer(const struct router_message *m)
{
	struct seen_agent *a = &fair.agents[m->agent];
	struct seen_caller *c = &fair.callers[m->call];
	bool beside = c->state == OFFERED && m->decision.number == c->decision &&
		fair.queues[c->queue].policy == (uint32_t)policy_find("ring-all");
	must((c->state == WAITS || beside) && c->ticket == m->ticket && c->queue == m->queue);
	must(a->offer == 0 && a->state == AGENT_OFFERED);
	must(could_take(a, c, fair.now_ms));
	must(!surely_held(a, c->queue));
	must(m->decision.skills <= c->wants.count && m->decision.ready > 0);
	must(!refused(c, m->agent) || m->why == WHY_PREFERRED || !others_would(c));
	for (uint64_t i = 1; i <= fair.call && !refused(c, m->agent) && !beside; i++)
		must(fair.callers[i].state != WAITS || !surely_before(&fair.callers[i], c) ||
			!could_take(a, &fair.callers[i], fair.ran_ms) ||
			!surely_called(a, fair.callers[i].queue) ||
			may_be_held(&fair.callers[i], m->agent, fair.ran_ms) ||
			refused(&fair.callers[i], m->agent));
	c->state = OFFERED;
	c->decision = m->decision.number;
	c->offers++;
	a->offer = m->offer;
	a->call = m->call;
	fair.offers++;
	fair.beside += beside;
	fair.widened += m->decision.ring > 0;
	const struct router_queue *q = &fair.queues[c->queue];
	fair.held += c->preferred == m->agent + 1 && c->hold_ms > 0 && fair.now_ms > c->since_ms;
	fair.of_reserve += a->reserve[c->queue];
	fair.of_wait += a->reserve[c->queue] &&
		(q->reserve_from == 0 || fair.callers_of[c->queue] <= q->reserve_to);
}

void fair_judge_rest(void)
{
	for (uint64_t i = 1; i <= fair.call; i++)
		for (unsigned a = 0; a < AGENTS && fair.callers[i].state == WAITS; a++)
			must(fair.agents[a].state != AGENT_READY ||
				!could_take(&fair.agents[a], &fair.callers[i], fair.now_ms) ||
				may_be_held(&fair.callers[i], a, fair.now_ms) ||
				!surely_called(&fair.agents[a], fair.callers[i].queue));
}

void fair_gone(struct seen_caller *c)
{
	if (c->state == WAITS || c->state == OFFERED)
		fair.callers_of[c->queue]--;
	if (c->state != NOWHERE)
		c->state = NOWHERE;
}

// The offer is over; who still waits stands where it stood.
void fair_offer_gone(uint64_t offer)
{
	struct seen_agent *a = &fair.agents[offer >> 32];
	if (offer == 0 || a->offer != offer)
		return;
	struct seen_caller *c = &fair.callers[a->call];
	if (c->state == OFFERED && --c->offers == 0)
		c->state = WAITS;
	else if (c->state == TALKS && c->offer == offer)
		c->state = NOWHERE;
	a->offer = 0;
}

void fair_offer_missed(uint64_t offer)
{
	struct seen_agent *a = &fair.agents[offer >> 32];
	struct seen_caller *c = &fair.callers[a->call];
	if (offer != 0 && a->offer == offer && c->state == OFFERED)
		refuses(c, offer >> 32);
	fair_offer_gone(offer);
}

void fair_judge(const struct router_message *m)
{
	if (m->kind == ROUTER_OFFER)
		judge_offer(m);
	else if (m->kind == ROUTER_LAPSED)
		fair_offer_missed(m->offer);
	else if (m->kind == ROUTER_STATE)
		fair.agents[m->agent].state = m->change.to;
}
