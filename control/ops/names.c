// Names, live ones.
#include "control/ops/names.h"

#include <stdint.h>

#include "control/config/config.h"
#include "control/call/call.h"
#include "control/ops/ops_private.h"
#include "control/queue/floor.h"
#include "control/sip/ua.h"

struct asked {
	enum name_kind kind;
	struct near *near;
};

const char *name_kind_option(enum name_kind kind)
{
	static const char *const options[NAME_KINDS] = {
		[NAME_TENANT] = "tenant",
		[NAME_QUEUE] = "queue",
		[NAME_AGENT] = "agent",
		[NAME_TRUNK] = "trunk",
		[NAME_WHY] = "why",
	};
	return options[kind];
}

static void queue_each(const struct floor_queue_info *q, void *arg)
{
	const struct asked *a = arg;
	near_try(a->near, a->kind == NAME_QUEUE ? q->name : q->tenant);
}

static void agent_each(const struct floor_agent_info *i, void *arg)
{
	const struct asked *a = arg;
	near_try(a->near, a->kind == NAME_AGENT ? i->name : i->tenant);
}

static void trunk_each(const struct ua_trunk_status *t, void *arg)
{
	const struct asked *a = arg;
	near_try(a->near, a->kind == NAME_TRUNK ? t->name : t->tenant);
}

void names_live(const struct ops_env *env, enum name_kind kind, struct near *n)
{
	struct floor *floor = calls_floor(env->calls);
	const struct config *config = env->config;
	struct floor_agent_info agent;
	struct asked a = {kind, n};
	struct floor_place queues = {.most = UINT32_MAX}, agents = {.most = UINT32_MAX};
	for (unsigned i = 0; kind == NAME_TENANT && i < config->tenant_count; i++)
		near_try(n, config->tenants[i].name);
	n->known |= kind == NAME_AGENT && floor_agent_find(floor, n->wanted, &agent);
	if (!n->known && (kind == NAME_TENANT || kind == NAME_TRUNK))
		ua_trunks(env->ua, trunk_each, &a);
	if (!n->known && (kind == NAME_TENANT || kind == NAME_QUEUE))
		while (floor_queues_page(floor, &queues, queue_each, &a))
			continue;
	if (!n->known && (kind == NAME_TENANT || kind == NAME_AGENT))
		while (floor_agents_page(floor, &agents, agent_each, &a))
			continue;
}

void request_no(struct request *r, const char *what, const struct near *n)
{
	if (n->name[0] != '\0')
		request_fail(
			r, EXIT_MISSING, "no %s %s; did you mean %s?", what, n->wanted, n->name);
	else
		request_fail(r, EXIT_MISSING, "no %s %s", what, n->wanted);
}

bool request_names(struct request *r)
{
	for (enum name_kind kind = NAME_TENANT; kind <= NAME_TRUNK; kind++) {
		struct near n = {.wanted = request_option(r, name_kind_option(kind))};
		if (n.wanted == NULL)
			continue;
		names_live(request_env(r), kind, &n);
		if (n.known)
			continue;
		request_no(r, name_kind_option(kind), &n);
		return false;
	}
	return true;
}
