// A queue inside the router: who waits, in which order, and who is ready to take them.
#include "control/queue/queue.h"

#include <stdlib.h>

#include "control/queue/agent.h"

struct queue *queue_new(uint32_t id)
{
	struct queue *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	q->id = id;
	for (unsigned i = 0; i < ROUTER_PRIORITIES; i++)
		dlist_init(&q->waiting[i]);
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
	if (q->occupied == 0)
		return NULL;
	unsigned priority = __builtin_ctz(q->occupied);
	return container_of(q->waiting[priority].next, struct caller, link);
}

void queue_take(struct caller *c)
{
	struct queue *q = c->queue;
	dlist_remove(&c->link);
	if (dlist_empty(&q->waiting[c->priority]))
		q->occupied &= ~(1u << c->priority);
}

void queue_put_back(struct caller *c)
{
	struct dlist *head = &c->queue->waiting[c->priority], *at = head->next;
	// Only others that came back too can stand before it: the walk is short.
	while (at != head && container_of(at, struct caller, link)->order < c->order)
		at = at->next;
	dlist_insert_before(at, &c->link);
	c->queue->occupied |= 1u << c->priority;
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
