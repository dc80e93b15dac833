// The router's mailbox: each message in order, one function each, one DONE each.
#include "control/queue/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/queue/policy.h"
#include "control/queue/router_private.h"

#define SEEN_SLOTS 16384 // tickets remembered, about; a power of two

static struct agent *agent_get(const struct router *r, uint32_t id)
{
	return id < r->agent_count ? r->agents[id] : NULL;
}

static struct queue *queue_get(const struct router *r, uint32_t id)
{
	return id < r->queue_count ? r->queues[id] : NULL;
}

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
	struct agent *a = agent_get(r, offer_agent(offer));
	if (a != NULL && a->offer == offer)
		return a;
	router_count(&r->stale);
	return NULL;
}

static void caller_remove(struct router *r, struct caller *c)
{
	queue_leave(c);
	hash_remove(&r->callers, &c->node);
	free(c);
}

// Makes room for number id in a list of pointers.
static int list_reach(void ***list, uint32_t *count, uint32_t id)
{
	if (id < *count)
		return 0;
	if (id > 1u << 24)
		return -EINVAL;
	uint32_t n = id + 1 > *count * 2 ? id + 1 : *count * 2;
	void **grown = realloc(*list, n * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	memset(grown + *count, 0, (n - *count) * sizeof(*grown));
	*list = grown;
	*count = n;
	return 0;
}

// --- one function per message ---

static int on_queue(struct router *r, const struct router_message *m)
{
	if (policy_get(m->queue_set.policy) == NULL)
		return -EINVAL;
	int err = list_reach((void ***)&r->queues, &r->queue_count, m->queue);
	if (err)
		return err;
	struct queue *q = r->queues[m->queue];
	if (q == NULL)
		q = r->queues[m->queue] = queue_new(m->queue);
	if (q == NULL)
		return -ENOMEM;
	q->set = m->queue_set;
	return 0;
}

static int on_agent(struct router *r, const struct router_message *m)
{
	int err = list_reach((void ***)&r->agents, &r->agent_count, m->agent);
	if (err)
		return err;
	struct agent *a = r->agents[m->agent];
	if (a == NULL) {
		r->agents[m->agent] = agent_new(m->agent);
		return r->agents[m->agent] ? 0 : -ENOMEM;
	}
	a->gone = false;
	agent_happened(r, a, AGENT_EVENT_REGISTERED, WHY_REGISTERED); // if its phone is there
	return 0;
}

static int on_agent_gone(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->gone = true;
	a->registered = false; // its bindings go with it
	agent_happened(r, a, AGENT_EVENT_SET, WHY_REMOVED);
	return 0;
}

static int on_member(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	struct queue *q = queue_get(r, m->queue);
	if (a == NULL || q == NULL)
		return -ENOENT;
	if (agent_member(a, q) != NULL)
		return 0;
	struct member *new = agent_member_add(a, q);
	if (new == NULL)
		return -ENOMEM;
	if (a->state == AGENT_READY)
		queue_ready(new);
	return 0;
}

static int on_member_gone(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	struct queue *q = queue_get(r, m->queue);
	struct member *old = a && q ? agent_member(a, q) : NULL;
	if (old == NULL)
		return -ENOENT;
	if (a->state == AGENT_READY)
		queue_unready(old);
	agent_member_remove(a, old);
	return 0;
}

// What was remembered over a restart goes on, if the registration outlived it too.
static bool agent_resume(struct router *r, struct agent *a)
{
	bool resumes = a->restored && r->now_ms - a->restored_ms < ROUTER_RESTORE_MS;
	a->restored = false;
	if (resumes && a->restored_until_ms > r->now_ms) {
		a->pause_ms = a->wrap_up_ms = a->restored_until_ms - r->now_ms;
		agent_happened(r, a, AGENT_EVENT_RESTORED, WHY_RESTORED);
	}
	return resumes;
}

static int on_registered(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	bool came = a->state == AGENT_SIGNED_OUT && !a->registered;
	a->registered = true;
	if (came && !agent_resume(r, a))
		a->ready = m->set.ready;
	agent_happened(r, a, AGENT_EVENT_REGISTERED, WHY_REGISTERED);
	return 0;
}

static int on_unregistered(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->registered = false;
	agent_happened(r, a, AGENT_EVENT_UNREGISTERED, WHY_UNREGISTERED);
	return 0;
}

static int on_set(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->ready = m->set.ready;
	agent_happened(r, a, AGENT_EVENT_SET, WHY_SET);
	return 0;
}

static int on_restore(struct router *r, const struct router_message *m)
{
	struct agent *a = agent_get(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	if (a->registered)
		return -EBUSY;
	bool timed = m->set.state == AGENT_PAUSED || m->set.state == AGENT_WRAP_UP;
	a->ready = m->set.ready;
	a->restored = true;
	a->restored_ms = r->now_ms;
	a->restored_state = m->set.state;
	a->restored_until_ms = timed ? r->now_ms + m->set.for_ms : 0;
	return 0;
}

static int on_join(struct router *r, const struct router_message *m)
{
	struct queue *q = queue_get(r, m->queue);
	if (q == NULL)
		return -ENOENT;
	if (m->priority >= ROUTER_PRIORITIES)
		return -EINVAL;
	if (caller_get(r, m->call) != NULL)
		return -EEXIST;
	if (queue_full(q))
		return -ENOSPC;
	struct caller *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->call = m->call;
	c->ticket = m->ticket;
	c->priority = m->priority;
	c->since_ms = r->now_ms;
	c->order = ++r->orders;
	hash_insert(&r->callers, &c->node, hash_u64(c->call));
	queue_join(q, c);
	return 0;
}

static int on_leave(struct router *r, const struct router_message *m)
{
	struct caller *c = caller_get(r, m->call);
	if (c == NULL)
		return -ENOENT;
	if (c->agent != NULL)
		c->agent->caller = NULL; // the agent is free when OVER says so
	caller_remove(r, c);
	return 0;
}

static int on_answered(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL || a->caller == NULL)
		return -ESTALE;
	agent_happened(r, a, AGENT_EVENT_CONNECT, WHY_CONNECTED);
	return 0;
}

static int on_connected(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL || a->caller == NULL)
		return -ESTALE;
	struct caller *c = a->caller;
	a->caller = NULL;
	caller_remove(r, c);
	agent_happened(r, a, AGENT_EVENT_CONNECT, WHY_CONNECTED);
	return 0;
}

static int on_over(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL)
		return -ESTALE;
	bool fault = m->why != WHY_TALKED && m->why != WHY_CALLER_GONE;
	offer_end(r, a, fault ? AGENT_EVENT_FAULT : AGENT_EVENT_OVER, m->why);
	return 0;
}

static int on_renew(struct router *r, const struct router_message *m)
{
	struct agent *a = offer_get(r, m->offer);
	if (a == NULL || a->state != AGENT_TALKING)
		return -ESTALE;
	a->ends_ms = r->now_ms + ROUTER_LEASE_TALK_MS;
	wheel_start(&r->wheel, &a->timer, a->ends_ms);
	return 0;
}

static const struct {
	int (*handle)(struct router *r, const struct router_message *m);
	bool match; // the queue may have somebody to serve or to be served by now
} commands[] = {
	[ROUTER_QUEUE] = {on_queue, true},
	[ROUTER_AGENT] = {on_agent, false},
	[ROUTER_AGENT_GONE] = {on_agent_gone, false},
	[ROUTER_MEMBER] = {on_member, true},
	[ROUTER_MEMBER_GONE] = {on_member_gone, false},
	[ROUTER_REGISTERED] = {on_registered, false},
	[ROUTER_UNREGISTERED] = {on_unregistered, false},
	[ROUTER_SET] = {on_set, false},
	[ROUTER_RESTORE] = {on_restore, false},
	[ROUTER_JOIN] = {on_join, true},
	[ROUTER_LEAVE] = {on_leave, false},
	[ROUTER_CONNECTED] = {on_connected, false},
	[ROUTER_OVER] = {on_over, false},
	[ROUTER_RENEW] = {on_renew, false},
	[ROUTER_ANSWERED] = {on_answered, false},
};

static bool seen_before(struct router *r, uint64_t ticket)
{
	uint64_t *slot = &r->seen[hash_u64(ticket) & (SEEN_SLOTS - 1)];
	if (*slot == ticket)
		return true;
	*slot = ticket;
	return false;
}

static void handle(struct router *r, const struct router_message *m)
{
	struct router_message done = {.kind = ROUTER_DONE,
		.ticket = m->ticket,
		.call = m->call,
		.offer = m->offer,
		.queue = m->queue,
		.agent = m->agent,
		.command = m->kind};
	bool known = m->kind < sizeof(commands) / sizeof(commands[0]) &&
		commands[m->kind].handle != NULL;
	if (!known)
		done.error = -ENOSYS;
	else if (seen_before(r, m->ticket))
		done.error = -EALREADY;
	else
		done.error = commands[m->kind].handle(r, m);
	if (done.error == -EALREADY)
		router_count(&r->duplicates);
	router_answer(r, &done);
	if (done.error == 0 && commands[m->kind].match)
		queue_match(r, r->queues[m->queue]);
	router_count(&r->messages); // last: whoever sees it finds all answers in the ring
}

bool router_run(struct router *r, uint64_t now_ms)
{
	struct router_message m;
	struct wheel_timer *t;
	bool any = router_flush(r);
	if (now_ms > r->now_ms) {
		r->now_ms = now_ms;
		wheel_advance(&r->wheel, now_ms);
	}
	while (ring_pop(r->mailbox, &m)) {
		any = true;
		handle(r, &m);
	}
	while ((t = wheel_take(&r->wheel)) != NULL) {
		any = true;
		agent_expire(r, container_of(t, struct agent, timer));
	}
	if (any)
		ring_wake_reader(&r->answers_wake);
	return any;
}

uint64_t router_next_ms(const struct router *r)
{
	return r->overflow.count ? 1 : wheel_next_ms(&r->wheel);
}

bool router_post(struct router *r, const struct router_message *m)
{
	if (!ring_push_shared(r->mailbox, m))
		return false;
	ring_wake_reader(&r->mailbox_wake);
	return true;
}

struct ring_wake *router_mailbox_wake(struct router *r)
{
	return &r->mailbox_wake;
}

int router_new(uint64_t seed, uint32_t slots, struct router **out)
{
	struct router *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	r->seed = seed;
	r->mailbox_wake.efd = r->answers_wake.efd = -1;
	wheel_init(&r->wheel, 0);
	r->mailbox = ring_new(RING_MPSC, slots, sizeof(struct router_message));
	r->answers = ring_new(RING_SPSC, slots, sizeof(struct router_message));
	r->seen = calloc(SEEN_SLOTS, sizeof(*r->seen));
	int err = r->mailbox && r->answers && r->seen ? hash_init(&r->callers, 1024) : -ENOMEM;
	if (!err)
		err = backlog_init(&r->overflow);
	if (!err)
		err = ring_wake_init(&r->mailbox_wake);
	if (!err)
		err = ring_wake_init(&r->answers_wake);
	if (err) {
		router_free(r);
		return err;
	}
	*out = r;
	return 0;
}

static void callers_free(struct router *r)
{
	for (uint32_t i = 0; r->callers.buckets && i <= r->callers.mask; i++) {
		struct hash_node *n = r->callers.buckets[i];
		while (n != NULL) {
			struct caller *c = container_of(n, struct caller, node);
			n = n->next;
			free(c);
		}
	}
	hash_fini(&r->callers);
}

void router_free(struct router *r)
{
	callers_free(r);
	for (uint32_t i = 0; i < r->agent_count; i++)
		agent_free(r->agents[i]);
	for (uint32_t i = 0; i < r->queue_count; i++)
		queue_free(r->queues[i]);
	free(r->agents);
	free(r->queues);
	free(r->seen);
	backlog_fini(&r->overflow);
	if (r->mailbox_wake.efd >= 0)
		ring_wake_fini(&r->mailbox_wake);
	if (r->answers_wake.efd >= 0)
		ring_wake_fini(&r->answers_wake);
	ring_free(r->mailbox);
	ring_free(r->answers);
	free(r);
}
