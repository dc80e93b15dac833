// The router's mailbox: each message in order, one function each, one DONE each.
#include "control/router/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/router/policy.h"
#include "control/router/router_private.h"

#define SEEN_SLOTS 16384 // tickets remembered, about; a power of two

static int on_queue(struct router *r, const struct router_message *m)
{
	if (policy_get(m->queue_set.policy) == NULL || m->queue_set.rings > ROUTER_RINGS)
		return -EINVAL;
	int err = router_list_reach((void ***)&r->queues, &r->queue_count, m->queue);
	if (err)
		return err;
	struct queue *q = r->queues[m->queue];
	if (q == NULL)
		q = r->queues[m->queue] = queue_new(m->queue);
	if (q == NULL)
		return -ENOMEM;
	bool reorder = q->set.policy != m->queue_set.policy;
	bool rings = q->set.rings != m->queue_set.rings ||
		q->set.reserve_wait_ms != m->queue_set.reserve_wait_ms;
	q->set = m->queue_set;
	r->moved = q;
	if (rings)
		queue_widens(r, q);
	if (reorder)
		queue_stand_again(r, q);
	return 0;
}

static router_handle_fn *const commands[] = {
	[ROUTER_QUEUE] = on_queue,
	[ROUTER_AGENT] = router_on_agent,
	[ROUTER_AGENT_GONE] = router_on_agent_gone,
	[ROUTER_MEMBER] = router_on_member,
	[ROUTER_MEMBER_GONE] = router_on_member_gone,
	[ROUTER_REGISTERED] = router_on_registered,
	[ROUTER_UNREGISTERED] = router_on_unregistered,
	[ROUTER_SET] = router_on_set,
	[ROUTER_RESTORE] = router_on_restore,
	[ROUTER_JOIN] = router_on_join,
	[ROUTER_LEAVE] = router_on_leave,
	[ROUTER_CONNECTED] = router_on_connected,
	[ROUTER_OVER] = router_on_over,
	[ROUTER_RENEW] = router_on_renew,
	[ROUTER_ANSWERED] = router_on_answered,
	[ROUTER_SKILLS] = router_on_skills,
	[ROUTER_BUSY] = router_on_busy,
	[ROUTER_FREE] = router_on_free,
	[ROUTER_TELL] = router_on_tell,
	[ROUTER_DAY] = router_on_day,
	[ROUTER_RING] = router_on_ring,
};

static bool seen_before(struct router *r, uint64_t ticket)
{
	uint64_t *slot = &r->seen[ticket & (SEEN_SLOTS - 1)]; // they are given one after the other
	if (*slot == ticket)
		return true;
	*slot = ticket;
	return false;
}

// Who may have found each other by the message that was just answered.
static void match(struct router *r)
{
	struct line *l = r->unmatched;
	struct agent *a = r->free;
	struct queue *q = r->moved;
	r->unmatched = NULL;
	r->free = NULL;
	r->moved = NULL;
	if (l != NULL)
		line_match(r, l);
	if (a != NULL)
		agent_match(r, a);
	if (q != NULL)
		queue_reserve(r, q);
}

// What it is about is far away, mostly: on its way while the answer is begun.
static void prefetch(const struct router *r, const struct router_message *m)
{
	if (m->kind == ROUTER_JOIN || m->kind == ROUTER_LEAVE) {
		hash_prefetch(&r->callers, hash_u64(m->call));
		return;
	}
	const struct agent *a = router_agent(r, m->offer ? offer_agent(m->offer) : m->agent);
	if (a != NULL)
		agent_prefetch(a);
}

static void handle(struct router *r, const struct router_message *m)
{
	struct router_message done;
	prefetch(r, m);
	router_message_init(&done, ROUTER_DONE, 0);
	done.ticket = m->ticket;
	done.call = m->call;
	done.offer = m->offer;
	done.queue = m->queue;
	done.agent = m->agent;
	done.command = m->kind;
	bool known = m->kind < sizeof(commands) / sizeof(commands[0]) && commands[m->kind] != NULL;
	if (!known)
		done.error = -ENOSYS;
	else if (seen_before(r, m->ticket))
		done.error = -EALREADY;
	else
		done.error = commands[m->kind](r, m);
	if (done.error == -EALREADY)
		router_count(&r->duplicates);
	router_answer(r, &done);
	match(r);
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
		wheel_advance(&r->widenings, now_ms);
	}
	while (ring_pop(r->mailbox, &m)) {
		any = true;
		handle(r, &m);
	}
	router_widens(r);
	while ((t = wheel_take(&r->wheel)) != NULL) {
		any = true;
		agent_expire(r, container_of(t, struct agent, timer));
	}
	while ((t = wheel_take(&r->widenings)) != NULL) {
		any = true;
		caller_widen(r, container_of(t, struct caller, widens));
	}
	if (any)
		ring_wake_reader(&r->answers_wake);
	return any;
}

uint64_t router_next_ms(const struct router *r)
{
	uint64_t agents = wheel_next_ms(&r->wheel), callers = wheel_next_ms(&r->widenings);
	if (r->overflow.count)
		return 1;
	return agents < callers ? agents : callers;
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
	wheel_init(&r->widenings, 0);
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
	for (uint32_t i = 0; i < r->queue_count; i++)
		queue_free(r->queues[i]); // and members, which lie in agents
	for (uint32_t i = 0; i < r->agent_count; i++)
		agent_free(r->agents[i]);
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
