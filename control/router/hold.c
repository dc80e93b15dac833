// Callers that wait for one agent alone, for a while: the one whom they prefer, who is at work.
// They count as their queue's and keep their places; what they wait for is not their line but that
// agent.
#include "control/router/router_private.h"

#define FEW 16 // of one agent's, where it cannot take those before

bool caller_hold(struct router *r, struct caller *c, struct line *l, uint32_t for_ms)
{
	struct agent *a = router_agent(r, c->preferred - 1);
	if (for_ms == 0 || a == NULL || !a->registered || !a->ready || a->state == AGENT_READY)
		return false;
	const struct member *m = agent_member(a, l->queue);
	if (m == NULL || !member_takes(m) || !member_matches(m, l))
		return false;
	c->line = l;
	c->held_until_ms = r->now_ms + for_ms;
	l->callers++;
	l->queue->callers++;
	line_hold(c, a);
	return true;
}

void caller_unhold(struct caller *c)
{
	line_take_back(c);
	queue_put_back(c);
}

struct caller *agent_held(const struct agent *a, struct member **by)
{
	struct tree_node *n = tree_first(&a->held);
	for (unsigned i = 0; i < FEW && n != NULL; i++, n = tree_next(n)) {
		struct caller *c = container_of(n, struct caller, back);
		struct member *m = agent_member(a, c->line->queue);
		if (m == NULL || !member_takes(m) || !member_matches(m, c->line))
			continue;
		*by = m;
		return c;
	}
	return NULL;
}
