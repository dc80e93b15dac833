// What a wait brings: rings, by which a caller asks for less and keeps its place, and the queue's
// reserve, that is called for who waits long.
#include <errno.h>
#include <string.h>

#include "control/router/router_private.h"

#define RETRY_MS 1000 // there was no memory for a line

// One that a reload has made due is so in a moment: the wheel gives what is past at its next step.
void caller_widens(struct router *r, struct caller *c)
{
	const struct queue *q = c->line->queue;
	uint64_t due_ms = UINT64_MAX;
	wheel_cancel(&r->widenings, &c->widens);
	if (c->line->ring < q->set.rings)
		due_ms = c->since_ms + q->rings[c->line->ring].after_ms;
	if (q->set.reserve_wait_ms > 0 && !c->waits_long &&
		c->since_ms + q->set.reserve_wait_ms < due_ms)
		due_ms = c->since_ms + q->set.reserve_wait_ms;
	if (c->held_by != NULL && c->held_until_ms < due_ms)
		due_ms = c->held_until_ms;
	if (due_ms < UINT64_MAX)
		wheel_start(&r->widenings, &c->widens, due_ms > r->now_ms ? due_ms : r->now_ms + 1);
}

// Whether it has waited for so long that the reserve is called.
static void count_long(const struct router *r, struct caller *c)
{
	struct queue *q = c->line->queue;
	uint32_t limit_ms = q->set.reserve_wait_ms;
	q->waiting_long -= c->waits_long;
	c->waits_long = limit_ms > 0 && c->since_ms + limit_ms <= r->now_ms;
	q->waiting_long += c->waits_long;
}

// Lowered, and without what is not asked for any more.
static void lower(struct router_skills *wants, const struct router_skills *to)
{
	struct router_skills left = {0};
	for (unsigned i = 0; i < wants->count; i++) {
		uint8_t level = wants->level[i];
		for (unsigned k = 0; k < to->count; k++)
			if (to->skill[k] == wants->skill[i] && to->level[k] < level)
				level = to->level[k];
		left.skill[left.count] = wants->skill[i];
		left.level[left.count] = level;
		left.count += level > 0;
	}
	*wants = left;
}

// One ring further. False: no memory.
static bool step(struct caller *c)
{
	struct line *from = c->line;
	const struct router_ring *g = &from->queue->rings[from->ring];
	struct router_skills wants = from->wants;
	lower(&wants, &g->lowers);
	struct line *to = queue_line(from->queue, &wants, from->ring + 1);
	if (to == NULL)
		return false;
	queue_move(c, to, g->priority < c->priority ? g->priority : c->priority);
	return true;
}

static void tell(struct router *r, const struct caller *c)
{
	struct router_message m;
	router_message_init(&m, ROUTER_WIDENED, WHY_NONE);
	m.ticket = c->ticket;
	m.call = c->call;
	m.queue = c->line->queue->id;
	m.priority = c->priority;
	m.join.wants = c->line->wants;
	m.join.ring = c->line->ring;
	router_answer(r, &m);
}

void caller_widen(struct router *r, struct caller *c)
{
	struct queue *q = c->line->queue;
	uint8_t from = c->line->ring;
	bool memory = true;
	count_long(r, c);
	while (memory && c->line->ring < q->set.rings &&
		c->since_ms + q->rings[c->line->ring].after_ms <= r->now_ms)
		memory = step(c);
	if (c->held_by != NULL && c->held_until_ms <= r->now_ms)
		caller_unhold(c);
	if (memory)
		caller_widens(r, c);
	else
		wheel_start(&r->widenings, &c->widens, r->now_ms + RETRY_MS);
	if (c->line->ring > from)
		tell(r, c);
	line_match(r, c->line);
	if (c->held_by != NULL)
		agent_match(r, c->held_by); // it may match what the caller asks for now
	queue_reserve(r, q);
}

static bool good(const struct router_ring *g)
{
	return g->ring >= 1 && g->ring <= ROUTER_RINGS && router_skills_good(&g->lowers, 0) &&
		(g->priority < ROUTER_PRIORITIES || g->priority == ROUTER_PRIORITY_STAYS);
}

void queue_widens(struct router *r, struct queue *q)
{
	q->rings_changed = r->rings_changed = true;
}

// A reload changes many queues: one walk for all.
void router_widens(struct router *r)
{
	if (!r->rings_changed)
		return;
	r->rings_changed = false;
	for (uint32_t i = 0; i <= r->callers.mask; i++)
		for (struct hash_node *n = r->callers.buckets[i]; n != NULL; n = n->next) {
			struct caller *c = container_of(n, struct caller, node);
			if (!c->line->queue->rings_changed)
				continue;
			count_long(r, c);
			caller_widens(r, c);
		}
	for (uint32_t i = 0; i < r->queue_count; i++) {
		struct queue *q = r->queues[i];
		if (q == NULL || !q->rings_changed)
			continue;
		q->rings_changed = false;
		queue_reserve(r, q);
	}
}

int router_on_ring(struct router *r, const struct router_message *m)
{
	struct queue *q = router_queue(r, m->queue);
	if (q == NULL)
		return -ENOENT;
	if (!good(&m->ring))
		return -EINVAL;
	struct router_ring *g = &q->rings[m->ring.ring - 1];
	if (memcmp(g, &m->ring, sizeof(*g)) == 0)
		return 0;
	*g = m->ring;
	queue_widens(r, q);
	return 0;
}
