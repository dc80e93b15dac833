// What the router is told of callers and of their offers: one function a message.
#include <errno.h>
#include <stdlib.h>

#include "control/router/router_private.h"

static struct caller *caller_get(const struct router *r, uint64_t call)
{
	struct hash_node *n = hash_first(&r->callers, hash_u64(call));
	for (; n != NULL; n = hash_next(n)) {
		struct caller *c = container_of(n, struct caller, node);
		if (c->call == call)
			return c;
	}
	return NULL;
}

// The agent that holds this offer, or NULL: over or lapsed long since.
static struct agent *offer_get(struct router *r, uint64_t offer)
{
	struct agent *a = router_agent(r, offer_agent(offer));
	if (a != NULL && offer != 0 && a->offer == offer)
		return a;
	router_count(&r->stale);
	return NULL;
}

// Its agents are free when OVER says so of each.
static void caller_remove(struct router *r, struct caller *c)
{
	r->moved = c->line->queue;
	wheel_cancel(&r->widenings, &c->widens);
	queue_leave(c);
	while (!caller_waits(c))
		agent_forget(container_of(c->with.next, struct agent, beside));
	hash_remove(&r->callers, &c->node);
	free(c);
}

// In ascending order, so that equal ones are the same; false: they are wrong, or one stands twice.
static bool skills_sort(const struct router_skills *from, struct router_skills *to)
{
	if (!router_skills_good(from, 1))
		return false;
	*to = (struct router_skills){.count = from->count};
	for (unsigned i = 0; i < from->count; i++) {
		unsigned at = i;
		for (; at > 0 && to->skill[at - 1] > from->skill[i]; at--) {
			to->skill[at] = to->skill[at - 1];
			to->level[at] = to->level[at - 1];
		}
		if (at > 0 && to->skill[at - 1] == from->skill[i])
			return false;
		to->skill[at] = from->skill[i];
		to->level[at] = from->level[i];
	}
	return true;
}

static struct caller *caller_new(struct router *r, const struct router_message *m)
{
	struct caller *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	dlist_init(&c->with);
	c->call = m->call;
	c->ticket = m->ticket;
	c->priority = m->priority;
	c->preferred = m->join.preferred;
	c->since_ms = r->now_ms > m->join.waited_ms ? r->now_ms - m->join.waited_ms : 0;
	c->order = (c->since_ms + router_queue(r, m->queue)->set.due_ms) << 16 |
		(++r->orders & UINT16_MAX);
	hash_insert(&r->callers, &c->node, hash_u64(c->call));
	return c;
}

// Of its own, so that callers that ask for nothing pay for no list of skills.
static int line_asked(struct queue *q, const struct router_join *join, struct line **l)
{
	struct router_skills wants;
	if (!skills_sort(&join->wants, &wants))
		return -EINVAL;
	*l = queue_line(q, &wants, join->ring);
	return *l ? 0 : -ENOMEM;
}

int router_on_join(struct router *r, const struct router_message *m)
{
	struct queue *q = router_queue(r, m->queue);
	if (q == NULL)
		return -ENOENT;
	if (m->priority >= ROUTER_PRIORITIES)
		return -EINVAL;
	if (caller_get(r, m->call) != NULL)
		return -EEXIST;
	if (queue_full(q))
		return -ENOSPC;
	struct line *l = &q->plain;
	int err = m->join.wants.count || m->join.ring ? line_asked(q, &m->join, &l) : 0;
	if (err)
		return err;
	struct caller *c = caller_new(r, m);
	if (c == NULL)
		return -ENOMEM;
	bool held = m->join.hold_ms > 0 && caller_hold(r, c, l, m->join.hold_ms);
	if (!held)
		queue_join(l, c);
	caller_widens(r, c);
	r->unmatched = held ? NULL : l;
	r->moved = q;
	return 0;
}

int router_on_leave(struct router *r, const struct router_message *m)
{
	struct caller *c = caller_get(r, m->call);
	if (c == NULL)
		return -ENOENT;
	caller_remove(r, c);
	return 0;
}

int router_on_answered(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL || a->caller == NULL)
		return -ESTALE;
	agent_happened(r, a, AGENT_EVENT_CONNECT, WHY_CONNECTED);
	return 0;
}

int router_on_connected(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL || a->caller == NULL)
		return -ESTALE;
	caller_remove(r, a->caller);
	agent_happened(r, a, AGENT_EVENT_CONNECT, WHY_CONNECTED);
	return 0;
}

int router_on_over(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL)
		return -ESTALE;
	bool fault = m->why != WHY_TALKED && m->why != WHY_CALLER_GONE && m->why != WHY_ELSEWHERE;
	offer_end(r, a, fault ? AGENT_EVENT_FAULT : AGENT_EVENT_OVER, m->why);
	return 0;
}

int router_on_renew(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL || a->state != AGENT_TALKING)
		return -ESTALE;
	agent_renew(r, a, r->now_ms + ROUTER_LEASE_TALK_MS);
	return 0;
}
