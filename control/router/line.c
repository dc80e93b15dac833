// Callers of one queue that ask for the same: one line, one order of service.
#include "control/router/line.h"

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
	tree_remove(&c->line->back, &c->back);
	c->came_back = false;
}

void line_put_back(struct caller *c)
{
	c->came_back = true;
	tree_insert(&c->line->back, &c->back);
}

#define FEW 16 // of each order: beyond these the agent has the one that it refused

static struct caller *first_back(const struct line *l, uint32_t agent)
{
	struct tree_node *n = tree_first(&l->back);
	for (unsigned i = 0; n != NULL && i < FEW; i++, n = tree_next(n)) {
		struct caller *c = container_of(n, struct caller, back);
		if (!caller_refused_by(c, agent))
			return c;
	}
	return NULL;
}

static struct caller *first_waiting(const struct line *l, uint32_t agent)
{
	unsigned looks = FEW;
	for (uint32_t bits = l->occupied; bits != 0; bits &= bits - 1) {
		const struct dlist *head = &l->waiting[__builtin_ctz(bits)];
		for (struct dlist *n = head->next; n != head; n = n->next) {
			struct caller *c = container_of(n, struct caller, link);
			if (!caller_refused_by(c, agent))
				return c;
			if (--looks == 0)
				return NULL;
		}
	}
	return NULL;
}

struct caller *line_first_unrefused(const struct line *l, uint32_t agent)
{
	struct caller *back = first_back(l, agent), *first = first_waiting(l, agent);
	if (back == NULL || first == NULL)
		return back ? back : first;
	return caller_place(back) < caller_place(first) ? back : first;
}
