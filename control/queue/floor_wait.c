// Callers that wait, in the order of service.
#include <string.h>

#include "control/queue/floor_private.h"

int floor_wait_order(const struct tree_node *a, const struct tree_node *b)
{
	const struct floor_wait *x = container_of(a, const struct floor_wait, place);
	const struct floor_wait *y = container_of(b, const struct floor_wait, place);
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->ticket < y->ticket ? -1 : x->ticket > y->ticket;
}

void floor_wait_begin(struct floor_queue *q, struct floor_wait *w)
{
	tree_insert(&q->order, &w->place);
	struct tree_node *next = tree_next(&w->place);
	dlist_insert_before(
		next ? &container_of(next, struct floor_wait, place)->link : &q->waits, &w->link);
	w->queue = q;
	q->waiting++;
}

void floor_wait_end(struct floor_wait *w)
{
	dlist_remove(&w->link);
	tree_remove(&w->queue->order, &w->place);
	w->queue->waiting--;
	w->queue = NULL;
}

void floor_back(struct floor_wait *w)
{
	struct floor_queue *q = w->keeps;
	w->keeps = NULL;
	floor_wait_begin(q, w);
}

bool floor_queue_removed(const struct floor_wait *w)
{
	return w->queue != NULL && w->queue->config == NULL;
}

unsigned floor_position(const struct floor_wait *w)
{
	return w->queue ? tree_rank(&w->place) + 1 : 0;
}

void floor_widened(struct floor_wait *w, const struct router_message *m)
{
	struct floor_queue *q = w->queue;
	bool moves = q != NULL && m->priority != w->priority;
	if (m->ticket != w->ticket)
		return; // of a place that it has left
	if (moves)
		floor_wait_end(w);
	w->priority = m->priority;
	w->ring = m->join.ring;
	w->wants = m->join.wants;
	if (moves)
		floor_wait_begin(q, w);
}

void floor_refusal(struct floor_wait *w, uint32_t agent, enum router_why why)
{
	if (why != WHY_REJECTED && why != WHY_NO_ANSWER && why != WHY_LAPSED)
		return;
	for (unsigned i = 0; i < w->refusals; i++)
		if (w->refused_by[i] == agent)
			return;
	if (w->refusals == FLOOR_REFUSED_MAX)
		memmove(w->refused_by, w->refused_by + 1, --w->refusals * sizeof(w->refused_by[0]));
	w->refused_by[w->refusals++] = agent;
}
