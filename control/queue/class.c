// Callers of one queue that ask for the same: one class, one order of service.
#include "control/queue/class.h"

#include <stdlib.h>

#include "control/queue/queue.h"

static int back_order(const struct tree_node *a, const struct tree_node *b)
{
	const struct caller *x = container_of(a, const struct caller, back);
	const struct caller *y = container_of(b, const struct caller, back);
	uint64_t first = caller_place(x), second = caller_place(y);
	return first < second ? -1 : first > second;
}

struct class *class_new(struct queue *q, uint32_t slot)
{
	struct class *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->queue = q;
	c->slot = slot;
	for (unsigned i = 0; i < ROUTER_PRIORITIES; i++)
		dlist_init(&c->waiting[i]);
	tree_init(&c->back, back_order);
	return c;
}

void class_free(struct class *c)
{
	free(c);
}

struct caller *class_head(const struct class *c)
{
	struct tree_node *n = tree_first(&c->back);
	struct caller *back = n ? container_of(n, struct caller, back) : NULL;
	unsigned priority = c->occupied ? __builtin_ctz(c->occupied) : ROUTER_PRIORITIES;
	if (back != NULL && back->priority <= priority)
		return back;
	if (c->occupied == 0)
		return NULL;
	return container_of(c->waiting[priority].next, struct caller, link);
}

void class_join(struct class *c, struct caller *who)
{
	who->class = c;
	dlist_push_back(&c->waiting[who->priority], &who->link);
	c->occupied |= 1u << who->priority;
	c->callers++;
	c->queue->callers++;
	queue_head_moved(c);
}

void class_leave(struct caller *who)
{
	if (who->agent == NULL)
		class_take(who);
	who->class->callers--;
	who->class->queue->callers--;
}

void class_take(struct caller *who)
{
	struct class *c = who->class;
	if (who->came_back) {
		tree_remove(&c->back, &who->back);
		who->came_back = false;
	} else {
		dlist_remove(&who->link);
		if (dlist_empty(&c->waiting[who->priority]))
			c->occupied &= ~(1u << who->priority);
	}
	queue_head_moved(c);
}

// Whoever was offered stood at the head: all that wait and never were joined later.
void class_put_back(struct caller *who)
{
	who->came_back = true;
	tree_insert(&who->class->back, &who->back);
	queue_head_moved(who->class);
}
