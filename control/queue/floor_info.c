// The floor for people: agents and queues with their live counters.
#include <string.h>

#include "control/queue/floor_private.h"
#include "control/queue/policy.h"

#define QUEUES_NAMED 64 // queues of one agent that are listed

static unsigned agent_queues(const struct floor_agent *a, const char *names[QUEUES_NAMED])
{
	unsigned n = 0;
	for (unsigned i = 0; i < a->queue_count && n < QUEUES_NAMED; i++)
		if (a->queues[i]->config != NULL)
			names[n++] = a->queues[i]->name;
	return n;
}

static void agent_info(
	const struct floor_agent *a, const char **names, struct floor_agent_info *out)
{
	uint64_t now_ms = timers_now_ms();
	*out = (struct floor_agent_info){
		.name = a->name,
		.display = a->config ? a->config->display : "",
		.tenant = a->config && a->config->tenant ? a->config->tenant->name : "",
		.state = a->state,
		.registered = a->registered,
		.ready = a->ready,
		.why = router_why_name(a->why),
		.since_ms = a->since_ms,
		.left_ms = a->ends_ms > now_ms ? a->ends_ms - now_ms : 0,
		.call = a->call,
		.queues = names,
		.queue_count = names ? agent_queues(a, names) : 0,
		.offered = a->offered,
		.answered = a->answered,
		.missed = a->missed,
		.talked_ms = a->talked_ms + (a->state == AGENT_TALKING ? now_ms - a->since_ms : 0),
	};
}

void floor_agents(
	struct floor *f, void (*each)(const struct floor_agent_info *a, void *arg), void *arg)
{
	const char *names[QUEUES_NAMED];
	for (uint32_t i = 0; i < f->agent_count; i++) {
		const struct floor_agent *a = f->agents[i];
		struct floor_agent_info info;
		if (a->config == NULL && a->state == AGENT_SIGNED_OUT)
			continue; // removed, and no longer at work
		agent_info(a, names, &info);
		each(&info, arg);
	}
}

bool floor_agent_find(struct floor *f, const char *name, struct floor_agent_info *out)
{
	const struct floor_agent *a = floor_agent_named(f, name);
	if (a != NULL)
		agent_info(a, NULL, out);
	return a != NULL;
}

static void queue_agents(const struct floor_queue *q, struct floor_queue_info *out)
{
	for (unsigned i = 0; i < q->agent_count; i++) {
		out->ready += q->agents[i]->state == AGENT_READY;
		out->talking += q->agents[i]->state == AGENT_TALKING;
	}
}

static void queue_info(const struct floor_queue *q, struct floor_queue_info *out)
{
	uint64_t left = q->answered + q->abandoned + q->timed_out;
	uint64_t oldest_ms = timers_now_ms(), now_ms = oldest_ms;
	dlist_for_each (it, &q->waits) {
		const struct floor_wait *w = container_of(it, struct floor_wait, link);
		if (w->since_ms < oldest_ms)
			oldest_ms = w->since_ms;
	}
	*out = (struct floor_queue_info){
		.name = q->name,
		.tenant = q->tenant,
		.policy = q->config ? q->config->policy : "",
		.waiting = q->waiting,
		.waiting_max = q->config ? q->config->size_max : 0,
		.longest_wait_ms = now_ms - oldest_ms,
		.agents = q->agent_count,
		.joined = q->joined,
		.offered = q->offered,
		.answered = q->answered,
		.abandoned = q->abandoned,
		.timed_out = q->timed_out,
		.refused = q->refused,
		.removed = q->removed,
		.answered_in_level = q->in_level,
		.service_level_s = q->config ? q->config->service_level_s : 0,
		.service_level_permille = left ? q->in_level * 1000 / left : 0,
		.waited_ms = q->waited_ms,
		.waited_max_ms = q->waited_max_ms,
	};
	queue_agents(q, out);
}

void floor_queues(
	struct floor *f, void (*each)(const struct floor_queue_info *q, void *arg), void *arg)
{
	for (uint32_t i = 0; i < f->queue_count; i++) {
		struct floor_queue_info info;
		if (f->queues[i]->config == NULL && f->queues[i]->waiting == 0)
			continue;
		queue_info(f->queues[i], &info);
		each(&info, arg);
	}
}

bool floor_queue_find(
	struct floor *f, const char *tenant, const char *name, struct floor_queue_info *out)
{
	const struct floor_queue *q = floor_queue_named(f, tenant, name);
	if (q != NULL)
		queue_info(q, out);
	return q != NULL;
}

void floor_router_counts(struct floor *f, struct router_counts *out)
{
	router_counts(f->router, out);
	out->posted = f->ticket;
}
