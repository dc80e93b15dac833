// A queue inside the router: who waits, in which order, and who is ready to take them.
#include "control/queue/queue.h"

#include <stdlib.h>

#include "control/queue/agent.h"

static int back_order(const struct tree_node *a, const struct tree_node *b)
{
	const struct caller *x = container_of(a, const struct caller, back);
	const struct caller *y = container_of(b, const struct caller, back);
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

struct queue *queue_new(uint32_t id)
{
	struct queue *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	q->id = id;
	for (unsigned i = 0; i < ROUTER_PRIORITIES; i++)
		dlist_init(&q->waiting[i]);
	tree_init(&q->back, back_order);
	dlist_init(&q->ready);
	return q;
}

void queue_free(struct queue *q)
{
	free(q);
}

bool queue_full(const struct queue *q)
{
	return q->set.size_max > 0 && q->callers >= q->set.size_max;
}

void queue_join(struct queue *q, struct caller *c)
{
	c->queue = q;
	dlist_push_back(&q->waiting[c->priority], &c->link);
	q->occupied |= 1u << c->priority;
	q->callers++;
}

void queue_leave(struct caller *c)
{
	if (c->agent == NULL)
		queue_take(c);
	c->queue->callers--;
}

struct caller *queue_head(const struct queue *q)
{
	struct tree_node *n = tree_first(&q->back);
	struct caller *back = n ? container_of(n, struct caller, back) : NULL;
	unsigned priority = q->occupied ? __builtin_ctz(q->occupied) : ROUTER_PRIORITIES;
	if (back != NULL && back->priority <= priority)
		return back;
	if (q->occupied == 0)
		return NULL;
	return container_of(q->waiting[priority].next, struct caller, link);
}

void queue_take(struct caller *c)
{
	struct queue *q = c->queue;
	if (c->came_back) {
		tree_remove(&q->back, &c->back);
		c->came_back = false;
		return;
	}
	dlist_remove(&c->link);
	if (dlist_empty(&q->waiting[c->priority]))
		q->occupied &= ~(1u << c->priority);
}

// Whoever was offered stood at the head: all that wait and never were joined later.
void queue_put_back(struct caller *c)
{
	c->came_back = true;
	tree_insert(&c->queue->back, &c->back);
}

void queue_ready(struct member *m)
{
	struct dlist *head = &m->queue->ready, *at = head;
	// New members alone can have been idle for longer than those at the end.
	while (at->prev != head &&
		container_of(at->prev, struct member, ready)->agent->since_ms > m->agent->since_ms)
		at = at->prev;
	dlist_insert_before(at, &m->ready);
	m->queue->ready_count++;
}

void queue_unready(struct member *m)
{
	dlist_remove(&m->ready);
	m->queue->ready_count--;
}
