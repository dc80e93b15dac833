// The floor for people: agents and queues with their live counters.
#include <string.h>

#include "control/queue/floor_private.h"
#include "control/router/policy.h"
#include "engine/base/str.h"

static int wait_seek(const struct tree_node *n, const void *wanted)
{
	const struct floor_wait *w = wanted;
	return floor_wait_order(n, &w->place);
}

// Only the first of each priority can have waited longest.
static uint64_t oldest_wait_ms(const struct floor_queue *q, uint64_t now_ms)
{
	struct floor_wait wanted = {0};
	const struct tree_node *n;
	uint64_t oldest_ms = now_ms;
	while ((n = tree_seek(&q->order, wait_seek, &wanted)) != NULL) {
		const struct floor_wait *w = container_of(n, const struct floor_wait, place);
		if (w->since_ms < oldest_ms)
			oldest_ms = w->since_ms;
		if (w->priority == UINT8_MAX)
			break;
		wanted.priority = w->priority + 1;
	}
	return oldest_ms;
}

static uint32_t left(uint64_t ends_ms, uint64_t now_ms)
{
	return ends_ms > now_ms ? (uint32_t)(ends_ms - now_ms) : 0;
}

static void agent_info(
	const struct floor *f, const struct floor_agent *a, struct floor_agent_info *out)
{
	uint64_t now_ms = timers_now_ms(f->options.timers);
	*out = (struct floor_agent_info){
		.id = a->id,
		.name = a->name,
		.display = a->config ? a->config->display : "",
		.tenant = a->tenant,
		.leaving = a->config == NULL,
		.unit = floor_agent_unit(f, a->name),
		.pause = a->pause,
		.pause_code = a->pause_code,
		.state = a->state,
		.registered = a->registered,
		.ready = a->ready,
		.why = router_why_name(a->why),
		.since_ms = a->since_ms,
		.left_ms = left(a->ends_ms, now_ms),
		.ring_left_ms = left(a->rung_ms, now_ms),
		.prompt_left_ms = left(a->prompted_ms, now_ms),
		.lease_left_ms = left(a->lease_ms, now_ms),
		.call = a->call,
		.offer = a->offer,
		.offered = a->n.offered,
		.answered = a->n.answered,
		.missed = a->n.missed,
		.since_wall_ns = a->n.since,
		.talked_ms =
			a->n.talked_ms + (a->state == AGENT_TALKING ? now_ms - a->since_ms : 0),
	};
}

// Removed, and nobody waits in it or talks to who came from it.
static bool queue_is_gone(const struct floor_queue *q)
{
	return q->config == NULL && q->waiting == 0 && q->served == 0;
}

const struct router_candidates *floor_candidates(const struct floor *f)
{
	return &f->candidates;
}

const char *floor_agent_queue(const struct floor *f, uint32_t agent, unsigned *from)
{
	const struct floor_agent *a = f->agents[agent];
	while (*from < a->queue_count) {
		const struct floor_queue *q = a->queues[(*from)++].queue;
		if (!queue_is_gone(q))
			return q->name;
	}
	return NULL;
}

// Removed, and no longer at work.
static bool agent_is_gone(const struct floor_agent *a)
{
	return a->config == NULL && a->state == AGENT_SIGNED_OUT;
}

bool floor_agents_page(struct floor *f, struct floor_place *at,
	void (*each)(const struct floor_agent_info *a, void *arg), void *arg)
{
	for (; at->next < f->agent_count && at->most > 0; at->next++, at->most--) {
		struct floor_agent_info info;
		if (agent_is_gone(f->agents[at->next]))
			continue;
		agent_info(f, f->agents[at->next], &info);
		each(&info, arg);
	}
	return at->next < f->agent_count;
}

void floor_agents(
	struct floor *f, void (*each)(const struct floor_agent_info *a, void *arg), void *arg)
{
	struct floor_place all = {.most = UINT32_MAX};
	floor_agents_page(f, &all, each, arg);
}

bool floor_agent_find(struct floor *f, const char *name, struct floor_agent_info *out)
{
	const struct floor_agent *a = floor_agent_named(f, name);
	if (a == NULL || agent_is_gone(a))
		return false;
	agent_info(f, a, out);
	return true;
}

static void queue_info(
	const struct floor *f, const struct floor_queue *q, struct floor_queue_info *out)
{
	uint64_t left = q->n.answered + q->n.abandoned + q->n.timed_out;
	uint64_t now_ms = timers_now_ms(f->options.timers);
	*out = (struct floor_queue_info){
		.id = q->id,
		.name = q->name,
		.tenant = q->tenant,
		.policy = q->policy,
		.leaving = q->config == NULL,
		.waiting = q->waiting,
		.waiting_max = q->config ? q->config->size_max : 0,
		.longest_wait_ms = now_ms - oldest_wait_ms(q, now_ms),
		.agents = q->agent_count,
		.ready = q->ready,
		.talking = q->talking,
		.joined = q->n.joined,
		.offered = q->n.offered,
		.answered = q->n.answered,
		.abandoned = q->n.abandoned,
		.timed_out = q->n.timed_out,
		.refused = q->n.refused,
		.removed = q->n.removed,
		.answered_in_level = q->n.in_level,
		.service_level_s = q->config ? q->config->service_level_s : 0,
		.service_level_permille = left ? q->n.in_level * 1000 / left : 0,
		.waited_ms = q->n.waited_ms,
		.waited_max_ms = q->n.waited_max_ms,
		.since_wall_ns = q->n.since,
		.weight = q->config ? q->config->weight : 0,
		.due_ms = q->set.due_ms,
		.rings = q->set.rings,
		.reserve_from = q->set.reserve_from,
		.reserve_to = q->set.reserve_to,
		.reserve_wait_ms = q->set.reserve_wait_ms,
		.reserve = q->set.reserve_from || q->set.reserve_wait_ms || q->set.reserve_clock,
		.reserve_called = q->reserve_by != 0,
	};
}

void floor_queue_ring(
	const struct floor *f, uint32_t queue, unsigned ring, struct floor_ring_info *out)
{
	const struct floor_queue *q = f->queues[queue];
	const struct router_ring *g = &q->rings[ring - 1];
	struct str_buf text;
	*out = (struct floor_ring_info){.after_ms = g->after_ms, .priority = g->priority};
	for (unsigned i = 0; i < q->agent_count; i++)
		out->agents += q->told[i].ring == ring;
	str_buf_init(&text, out->skills, sizeof(out->skills));
	floor_skills_text(f, &g->lowers, &text);
}

bool floor_queues_page(struct floor *f, struct floor_place *at,
	void (*each)(const struct floor_queue_info *q, void *arg), void *arg)
{
	for (; at->next < f->queue_count && at->most > 0; at->next++, at->most--) {
		const struct floor_queue *q = f->queues[at->next];
		struct floor_queue_info info;
		if (queue_is_gone(q))
			continue;
		queue_info(f, q, &info);
		each(&info, arg);
	}
	return at->next < f->queue_count;
}

void floor_queues(
	struct floor *f, void (*each)(const struct floor_queue_info *q, void *arg), void *arg)
{
	struct floor_place all = {.most = UINT32_MAX};
	floor_queues_page(f, &all, each, arg);
}

unsigned floor_queue_find(
	struct floor *f, const char *tenant, const char *name, struct floor_queue_info *out)
{
	unsigned found = 0;
	for (uint32_t i = 0; i < f->queue_count; i++) {
		const struct floor_queue *q = f->queues[i];
		if (strcmp(q->name, name) != 0 || queue_is_gone(q))
			continue;
		if ((tenant == NULL || strcmp(q->tenant, tenant) == 0) && found++ == 0)
			queue_info(f, q, out);
	}
	return found;
}

void floor_held_counts(const struct floor *f, struct floor_held_counts *out)
{
	*out = (struct floor_held_counts){.mended = f->held.mended, .alone = f->held.alone};
}

void floor_router_counts(struct floor *f, struct router_counts *out)
{
	router_counts(f->router, out);
	out->posted = f->ticket;
}

// --- who waits in a queue, who serves it ---

bool floor_waits_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(const struct floor_wait *w, void *arg), void *arg)
{
	const struct floor_queue *q = f->queues[queue];
	struct floor_wait wanted = {.priority = at->priority, .ticket = at->next};
	struct tree_node *n = tree_seek(&q->order, wait_seek, &wanted);
	if (at->end == 0)
		at->end = f->ticket + 1;
	uint64_t looks = f->lack_looks; // what each asks about who waits may be much work
	for (; n != NULL && at->most > 0 && f->lack_looks - looks < FLOOR_LOOKS;
		n = tree_next(n), at->most--) {
		const struct floor_wait *w = container_of(n, const struct floor_wait, place);
		if (w->ticket < at->end) // joined before the first page
			each(w, arg);
		at->priority = w->priority;
		at->next = w->ticket + 1;
	}
	return n != NULL;
}

struct keys {
	void (*each)(uint64_t call, void *arg);
	void *arg;
};

static void each_key(const struct floor_wait *w, void *arg)
{
	const struct keys *k = arg;
	k->each(w->call, k->arg);
}

bool floor_waiting_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(uint64_t call, void *arg), void *arg)
{
	struct keys k = {each, arg};
	return floor_waits_page(f, queue, at, each_key, &k);
}

// NULL: does not serve it.
static const struct router_member *member_of(
	const struct floor_agent *a, const struct floor_queue *q)
{
	for (unsigned i = 0; i < a->queue_count; i++)
		if (a->queues[i].queue == q)
			return &q->told[a->queues[i].index];
	return NULL;
}

bool floor_members_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(const struct floor_agent_info *a, void *arg), void *arg)
{
	for (; at->next < f->agent_count && at->most > 0; at->next++, at->most--) {
		const struct floor_agent *a = f->agents[at->next];
		const struct router_member *m = member_of(a, f->queues[queue]);
		struct floor_agent_info info;
		if (agent_is_gone(a) || m == NULL)
			continue;
		agent_info(f, a, &info);
		info.ring = m->ring;
		info.reserve = m->reserve;
		each(&info, arg);
	}
	return at->next < f->agent_count;
}
