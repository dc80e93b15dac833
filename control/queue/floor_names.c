// Queues and agents by name: numbers that stay over reloads, and what a new configuration changes.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/trouble.h"
#include "control/queue/floor_private.h"
#include "control/router/policy.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("floor");

#define AGAIN_MS 10000 // until the router is told again what it had no memory for

static const char *tenant_name(const struct config_tenant *t)
{
	return t ? t->name : "";
}

static struct floor_agent *agent_add(struct floor *f, const char *name)
{
	struct floor_agent **list = realloc(f->agents, (f->agent_count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	f->agents = list;
	struct floor_agent *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	str_copy(a->name, sizeof(a->name), name);
	a->id = f->agent_count;
	a->since_ms = timers_now_ms(f->options.timers);
	dlist_init(&a->held);
	f->agents[f->agent_count++] = a;
	hash_insert(&f->agent_names, &a->node, hash_str(name, 0));
	return a;
}

static struct floor_queue *queue_add(struct floor *f, const char *tenant, const char *name)
{
	struct floor_queue **list = realloc(f->queues, (f->queue_count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	f->queues = list;
	struct floor_queue *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	str_copy(q->name, sizeof(q->name), name);
	str_copy(q->tenant, sizeof(q->tenant), tenant);
	q->id = f->queue_count;
	q->policy = "";
	dlist_init(&q->waits);
	tree_init(&q->order, floor_wait_order);
	f->queues[f->queue_count++] = q;
	hash_insert(&f->queue_names, &q->node, floor_queue_hash(tenant, name));
	return q;
}

struct floor_queue *floor_queue_of(struct floor *f, const struct config_queue *c)
{
	struct floor_queue *q = floor_queue_named(f, tenant_name(c->tenant), c->name);
	if (q != NULL)
		return q;
	q = queue_add(f, tenant_name(c->tenant), c->name);
	if (q != NULL)
		floor_queue_post(f, q, c);
	return q;
}

// Its figures count for another unit from now on: what it does ends here for the one, and begins
// for the other.
static void agent_belongs(struct floor *f, struct floor_agent *a, const struct config_agent *c)
{
	const struct floor_unit *was = a->unit;
	a->unit = floor_unit_of(f, c);
	if (was != NULL && a->unit != was && a->state != AGENT_SIGNED_OUT)
		floor_state_news(f, a, a->state);
}

// What the router has heard of an agent that it does not know it has refused, too.
static void tell_again(struct floor *f, struct floor_agent *a)
{
	struct router_message m = {.kind = ROUTER_REGISTERED, .agent = a->id};
	m.set.ready = a->ready || floor_comes_ready(a, a->config);
	a->untold = false;
	for (unsigned i = 0; i < a->queue_count; i++)
		a->queues[i].queue->known = false;
	if (a->registered)
		floor_post(f, &m);
}

static void agents_configure(struct floor *f, const struct config *config)
{
	for (uint32_t i = 0; i < f->agent_count; i++)
		f->agents[i]->stamp = f->agents[i]->config != NULL;
	for (uint32_t i = 0; i < f->agent_count; i++)
		f->agents[i]->config = NULL;
	free(f->known);
	f->known = calloc(config->agent_count + 1, sizeof(*f->known));
	f->known_from = config->agents;
	f->known_count = config->agent_count;
	for (unsigned i = 0; i < config->agent_count; i++) {
		const struct config_agent *c = &config->agents[i];
		struct floor_agent *a = floor_agent_named(f, c->name);
		bool known = a != NULL && a->stamp;
		if (a == NULL)
			a = agent_add(f, c->name);
		if (f->known != NULL)
			f->known[i] = a;
		if (a == NULL)
			continue;
		a->config = c;
		str_copy(a->tenant, sizeof(a->tenant), tenant_name(c->tenant));
		agent_belongs(f, a, c);
		struct router_message m = {.kind = ROUTER_AGENT, .agent = a->id};
		if (!known || a->untold)
			floor_post(f, &m);
		floor_skills_post(f, a);
		if (a->untold)
			tell_again(f, a);
	}
	for (uint32_t i = 0; i < f->agent_count; i++) {
		struct router_message m = {.kind = ROUTER_AGENT_GONE, .agent = i};
		if (f->agents[i]->config == NULL && f->agents[i]->stamp) {
			f->agents[i]->registered = false;
			floor_post(f, &m);
		}
		f->agents[i]->stamp = 0;
	}
	f->stamp = 1;
}

// A queue that is gone keeps its members, for calls whose older configuration leads to it.
void floor_names_configure(struct floor *f, struct config *config)
{
	agents_configure(f, config);
	for (uint32_t i = 0; i < f->queue_count; i++)
		f->queues[i]->config = NULL;
	for (unsigned i = 0; i < config->queue_count; i++) {
		const struct config_queue *c = &config->queues[i];
		struct floor_queue *q = floor_queue_named(f, tenant_name(c->tenant), c->name);
		if (q == NULL)
			q = queue_add(f, tenant_name(c->tenant), c->name);
		if (q == NULL)
			continue;
		q->config = c;
		floor_queue_post(f, q, c);
	}
	config_hold(config);
	config_release(f->config);
	f->config = config;
	floor_last_configure(f);
	floor_lack_forget(f);
}

static void again_fired(void *arg)
{
	struct floor *f = arg;
	floor_names_configure(f, f->config);
}

// What it has taken is not told again: the configurations are compared.
void floor_tell_again(struct floor *f, const struct router_message *refused)
{
	static const char text[] = "the router had no memory for a part of the configuration, and "
				   "is told again";
	struct troubles *t = f->options.troubles;
	if (timer_alive(&f->again))
		return;
	log_error("router has no memory, is told again: command=%u queue=%u agent=%u",
		refused->command, refused->queue, refused->agent);
	if (t != NULL && t->log != NULL)
		trouble_past(t, "router-memory", "", text);
	timer_start(f->options.timers, &f->again, AGAIN_MS, again_fired, f);
}

int floor_names_start(struct floor *f)
{
	int err = hash_init(&f->agent_names, 256);
	if (!err)
		err = hash_init(&f->queue_names, 64);
	if (!err)
		err = floor_units_start(f);
	if (!err)
		err = floor_last_start(f);
	return err ? err : floor_skills_start(f);
}

void floor_names_stop(struct floor *f)
{
	for (uint32_t i = 0; i < f->agent_count; i++) {
		free(f->agents[i]->queues);
		free(f->agents[i]->levels);
		free(f->agents[i]);
	}
	for (uint32_t i = 0; i < f->queue_count; i++) {
		free(f->queues[i]->agents);
		free(f->queues[i]->told);
		free(f->queues[i]);
	}
	free(f->agents);
	free(f->known);
	free(f->queues);
	hash_fini(&f->agent_names);
	hash_fini(&f->queue_names);
	floor_last_stop(f);
	floor_skills_stop(f);
	floor_units_stop(f);
	config_release(f->config);
}
