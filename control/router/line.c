// Callers of one queue that ask for the same: one line, one order of service.
#include "control/router/line.h"

#include "control/router/agent.h"

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
	if (l->occupied == 0)
		return back;
	struct dlist *next = l->waiting[__builtin_ctz(l->occupied)].next;
	struct caller *first = container_of(next, struct caller, link);
	return caller_place(back) < caller_place(first) ? back : first;
}

void line_take_back(struct caller *c)
{
	struct agent *a = c->held_by;
	tree_remove(a ? &a->held : &c->line->back, &c->back);
	c->came_back = false;
	c->held_by = NULL;
	if (a != NULL)
		a->holds = a->held.root != NULL;
}

void line_hold(struct caller *c, struct agent *a)
{
	if (a->held.order == NULL)
		tree_init(&a->held, back_order);
	c->came_back = a->holds = true;
	c->held_by = a;
	tree_insert(&a->held, &c->back);
}

void line_put_back(struct caller *c)
{
	c->came_back = true;
	tree_insert(&c->line->back, &c->back);
}

#define FEW 16 // beyond these the agent has the one that it refused

static struct caller *waiting_first(const struct line *l, uint32_t priorities)
{
	if (priorities == 0)
		return NULL;
	return container_of(l->waiting[__builtin_ctz(priorities)].next, struct caller, link);
}

static struct caller *waiting_after(const struct line *l, const struct caller *c)
{
	if (c->link.next != &l->waiting[c->priority])
		return container_of(c->link.next, struct caller, link);
	return waiting_first(l, l->occupied & ~((2u << c->priority) - 1));
}

struct caller *line_first_unrefused(const struct line *l, uint32_t agent, uint64_t *known)
{
	struct tree_node *n = tree_first(&l->back);
	struct caller *waiting = waiting_first(l, l->occupied), *c = NULL;
	for (unsigned i = 0; i < FEW; i++) { // both orders as one: nobody is passed
		struct caller *back = n ? container_of(n, struct caller, back) : NULL;
		bool is_back = back && (!waiting || caller_place(back) < caller_place(waiting));
		c = is_back ? back : waiting;
		if (c == NULL || !caller_refused_by(c, agent))
			return c;
		if (is_back)
			n = tree_next(n);
		else
			waiting = waiting_after(l, waiting);
	}
	if (caller_place(c) < *known)
		*known = caller_place(c);
	return NULL;
}
