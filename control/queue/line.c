// Callers of one queue that ask for the same: one line, one order of service.
#include "control/queue/line.h"

static int back_order(const struct tree_node *a, const struct tree_node *b)
{
	const struct caller *x = container_of(a, const struct caller, back);
	const struct caller *y = container_of(b, const struct caller, back);
	uint64_t first = caller_place(x), second = caller_place(y);
	return first < second ? -1 : first > second;
}

void line_init(struct line *l, struct queue *q, uint32_t slot)
{
	l->queue = q;
	l->slot = slot;
	for (unsigned i = 0; i < ROUTER_PRIORITIES; i++)
		dlist_init(&l->waiting[i]);
	tree_init(&l->back, back_order);
}

struct caller *line_head_back(const struct line *l)
{
	struct caller *back = container_of(tree_first(&l->back), struct caller, back);
	unsigned priority = l->occupied ? __builtin_ctz(l->occupied) : ROUTER_PRIORITIES;
	if (back->priority <= priority)
		return back;
	return container_of(l->waiting[priority].next, struct caller, link);
}

void line_take_back(struct caller *c)
{
	tree_remove(&c->line->back, &c->back);
	c->came_back = false;
}

// Whoever was offered stood at the head: all that wait and never were joined later.
void line_put_back(struct caller *c)
{
	c->came_back = true;
	tree_insert(&c->line->back, &c->back);
}
