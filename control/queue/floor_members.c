// Queues as the router is told of them: their settings, their rings, who serves them. Of what it
// knows already it is told nothing again.
#include <stdlib.h>
#include <string.h>

#include "control/queue/floor_private.h"
#include "control/router/policy.h"
#include "engine/base/log.h"

LOG_TOPIC("floor");

static struct router_queue set_of(const struct config_queue *c)
{
	int policy = policy_find(c->policy);
	return (struct router_queue){
		.policy = policy < 0 ? 0 : (uint32_t)policy,
		.ring_ms = c->ring_timeout_s * 1000,
		.wrap_up_ms = c->wrap_up_s * 1000,
		.reject_pause_ms = c->reject_pause_s * 1000,
		.size_max = c->size_max,
		.due_ms = c->serve_within_s * 1000 / c->weight,
		.rings = c->ring_count,
		.reserve_from = c->reserve.from,
		.reserve_to = c->reserve.to,
		.reserve_wait_ms = c->reserve.wait_s * 1000,
	};
}

static void ring_post(
	struct floor *f, struct floor_queue *q, const struct config_ring *c, unsigned index)
{
	struct router_message m = {.kind = ROUTER_RING, .queue = q->id};
	m.ring.after_ms = c->after_s * 1000;
	m.ring.ring = (uint8_t)(index + 1);
	m.ring.priority = c->priority;
	floor_skills_lowered(f, &c->skills, &m.ring.lowers);
	if (q->known && memcmp(&q->rings[index], &m.ring, sizeof(m.ring)) == 0)
		return;
	q->rings[index] = m.ring;
	floor_post(f, &m);
}

// Who waits in a queue that is known widens by its rings: a new one comes before it counts.
static void settings_post(struct floor *f, struct floor_queue *q, const struct config_queue *c)
{
	struct router_queue set = set_of(c);
	set.reserve_clock = floor_reserve_clock(f, q, c);
	bool differs = memcmp(&q->set, &set, sizeof(set)) != 0;
	q->set = set;
	q->policy = policy_get(set.policy)->name;
	if (!q->known)
		floor_post_queue(f, q);
	for (unsigned i = 0; i < c->ring_count; i++)
		ring_post(f, q, &c->rings[i], i);
	if (q->known && differs)
		floor_post_queue(f, q);
}

// --- who serves it ---

static void member_post(struct floor *f, const struct floor_queue *q, const struct floor_agent *a,
	const struct router_member *is)
{
	struct router_message m = {
		.kind = is ? ROUTER_MEMBER : ROUTER_MEMBER_GONE, .queue = q->id, .agent = a->id};
	if (is != NULL)
		m.member = *is;
	floor_post(f, &m);
}

static void agent_serves(struct floor_agent *a, struct floor_queue *q, uint32_t index)
{
	unsigned i = 0;
	while (i < a->queue_count && a->queues[i].queue != q)
		i++;
	if (i == a->queue_count) {
		struct floor_served *list = realloc(a->queues, (i + 1) * sizeof(*list));
		if (list == NULL)
			return; // for people only: the router knows
		a->queues = list;
		a->queue_count++;
	}
	a->queues[i] = (struct floor_served){q, index};
}

static void agent_serves_not(struct floor_agent *a, const struct floor_queue *q)
{
	for (unsigned i = 0; i < a->queue_count; i++) {
		if (a->queues[i].queue != q)
			continue;
		a->queues[i] = a->queues[--a->queue_count];
		return;
	}
}

static void queue_recount(struct floor_queue *q)
{
	q->ready = q->talking = 0;
	for (unsigned i = 0; i < q->agent_count; i++) {
		q->ready += q->agents[i]->state == AGENT_READY;
		q->talking += q->agents[i]->state == AGENT_TALKING;
	}
}

static bool same(const struct router_member *a, const struct router_member *b)
{
	return a->place == b->place && a->weight == b->weight && a->ring == b->ring &&
		a->reserve == b->reserve;
}

// Those who will be its members, and what is said of each.
struct members {
	struct floor_agent **agents;
	struct router_member *told;
	unsigned count;
};

static bool members_room(struct members *to, const struct config_queue *c)
{
	struct config_member m;
	unsigned count = 0;
	while (config_queue_member(c, count, &m))
		count++;
	to->agents = calloc(count + 1, sizeof(*to->agents));
	to->told = calloc(count + 1, sizeof(*to->told));
	if (to->agents != NULL && to->told != NULL)
		return true;
	free(to->agents);
	free(to->told);
	return false;
}

// before: the stamp of who serves the queue already.
static void member_add(struct floor *f, struct floor_queue *q, struct members *to,
	const struct config_member *m, uint32_t before)
{
	struct floor_agent *a = floor_agent_of(f, m->agent);
	if (a == NULL || a->stamp == f->stamp)
		return;
	struct router_member is = {
		.place = to->count, .ring = m->ring, .reserve = m->reserve, .weight = 0};
	is.weight = a->config ? a->config->weight : 0;
	agent_serves(a, q, to->count);
	if (a->stamp != before || !q->known || !same(&q->told[a->place], &is))
		member_post(f, q, a, &is);
	a->stamp = f->stamp;
	to->told[to->count] = is;
	to->agents[to->count++] = a;
}

// Members that are new and members that are gone; linear in both lists.
static void members_post(struct floor *f, struct floor_queue *q, const struct config_queue *c)
{
	uint32_t before = ++f->stamp;
	struct members now = {.count = 0};
	struct config_member m;
	f->stamp++;
	if (!members_room(&now, c)) {
		log_error("members stay as they were: no memory queue=%s", q->name);
		return;
	}
	for (unsigned i = 0; i < q->agent_count; i++) {
		q->agents[i]->stamp = before;
		q->agents[i]->place = i;
	}
	for (unsigned i = 0; config_queue_member(c, i, &m); i++)
		member_add(f, q, &now, &m, before);
	for (unsigned i = 0; i < q->agent_count; i++) {
		if (q->agents[i]->stamp != before)
			continue;
		member_post(f, q, q->agents[i], NULL);
		agent_serves_not(q->agents[i], q);
	}
	free(q->agents);
	free(q->told);
	q->agents = now.agents;
	q->told = now.told;
	q->agent_count = now.count;
	queue_recount(q);
}

void floor_queue_post(struct floor *f, struct floor_queue *q, const struct config_queue *c)
{
	settings_post(f, q, c);
	members_post(f, q, c);
	q->known = true;
}
