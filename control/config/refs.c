// References: each kind of thing has a sorted table of its names, which also shows doubles.
#include "control/config/refs.h"

#include <stdlib.h>
#include <string.h>

#include "control/config/scalar.h"
#include "engine/base/str.h"

struct named {
	const struct config_tenant *tenant; // NULL where names are the whole file's
	const char *name;
	void *thing;
	unsigned index;
};

struct names { // of one kind of thing
	struct named *list;
	unsigned count;
};

// Where things of a kind lie in struct config.
struct ref_kind {
	size_t things, count, size, tenant; // tenant: offset in the thing, or CONFIG_NO_OFFSET
};
#define KIND(array, number, type, owner)                                         \
	{                                                                        \
		offsetof(struct config, array), offsetof(struct config, number), \
			sizeof(struct type), owner                               \
	}

static const struct ref_kind kinds[] = {
	[CONFIG_REF_PORT] = KIND(engine.ports, engine.port_count, config_port, CONFIG_NO_OFFSET),
	[CONFIG_REF_MEDIA] = KIND(engine.media, engine.media_count, config_media, CONFIG_NO_OFFSET),
	[CONFIG_REF_PROMPT] =
		KIND(prompts, prompt_count, config_prompt, offsetof(struct config_prompt, tenant)),
	[CONFIG_REF_FLOW] =
		KIND(flows, flow_count, config_flow, offsetof(struct config_flow, tenant)),
	[CONFIG_REF_QUEUE] =
		KIND(queues, queue_count, config_queue, offsetof(struct config_queue, tenant)),
	[CONFIG_REF_AGENT] =
		KIND(agents, agent_count, config_agent, offsetof(struct config_agent, tenant)),
	[CONFIG_REF_CONFERENCE] = KIND(conferences, conference_count, config_conference,
		offsetof(struct config_conference, tenant)),
	[CONFIG_REF_SKILL] =
		KIND(skills, skill_count, config_skill, offsetof(struct config_skill, tenant)),
	[CONFIG_REF_TRUNK] =
		KIND(trunks, trunk_count, config_trunk, offsetof(struct config_trunk, tenant)),
	[CONFIG_REF_SITE] =
		KIND(sites, site_count, config_site, offsetof(struct config_site, tenant)),
	[CONFIG_REF_SHIFT] =
		KIND(shifts, shift_count, config_shift, offsetof(struct config_shift, tenant)),
	[CONFIG_REF_TEAM] =
		KIND(teams, team_count, config_team, offsetof(struct config_team, tenant)),
	[CONFIG_REF_GROUP] =
		KIND(groups, group_count, config_group, offsetof(struct config_group, tenant)),
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int named_order(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int names_new(struct config_read *r, const struct ref_kind *k, struct names *out)
{
	char *config = (char *)r->config, *things;
	memcpy(&things, config + k->things, sizeof(things));
	memcpy(&out->count, config + k->count, sizeof(out->count));
	out->list = calloc(out->count + 1, sizeof(*out->list));
	if (out->list == NULL) {
		r->memory = true;
		return -1;
	}
	for (unsigned i = 0; i < out->count; i++) {
		char *thing = things + i * k->size;
		out->list[i] = (struct named){NULL, thing, thing, i};
		if (k->tenant != CONFIG_NO_OFFSET)
			memcpy(&out->list[i].tenant, thing + k->tenant, sizeof(void *));
	}
	qsort(out->list, out->count, sizeof(*out->list), named_order);
	return 0;
}

// Of a list of names; a double of a map is a double key already.
static void names_twice(struct config_read *r, const struct names *n, const char *what)
{
	for (unsigned i = 1; n->list != NULL && i < n->count; i++) {
		const struct named *a = &n->list[i - 1], *b = &n->list[i];
		const struct named *later = a->index > b->index ? a : b;
		if (*a->name != '\0' && named_order(a, b) == 0)
			config_read_problem(r, later->thing, NULL,
				"expected each %s once, got '%s' again", what, later->name);
	}
}

static const struct named *names_find(
	const struct names *n, const struct config_tenant *tenant, const char *name)
{
	const struct named wanted = {.tenant = tenant, .name = name};
	return bsearch(&wanted, n->list, n->count, sizeof(*n->list), named_order);
}

static void ref_missing(struct config_read *r, const struct config_ref *ref, const struct names *n)
{
	char expected[192], meant[128];
	struct config_guess guess = {.typed = ref->name};
	const struct config_field field = {.type = ref->type};
	for (unsigned i = 0; n != NULL && i < n->count; i++)
		if (n->list[i].tenant == NULL || n->list[i].tenant == ref->tenant)
			config_guess_try(&guess, n->list[i].name);
	for (unsigned i = 0; n == NULL && i < ref->flow->step_count; i++)
		config_guess_try(&guess, ref->flow->steps[i].name);
	if (ref->flow != NULL)
		ref->flow->faulty = true;
	config_scalar_expected(&field, ref->type, expected);
	config_read_problem(r, ref->slot, NULL, "expected %s, got '%.60s'%s", expected, ref->name,
		config_guess_text(&guess, meant));
}

static void step_resolve(struct config_read *r, const struct config_ref *ref)
{
	for (unsigned i = 0; i < ref->flow->step_count; i++) {
		if (strcmp(ref->flow->steps[i].name, ref->name) == 0) {
			*(uint16_t *)ref->slot = (uint16_t)i;
			return;
		}
	}
	ref_missing(r, ref, NULL);
}

static void ref_resolve(struct config_read *r, const struct config_ref *ref, const struct names *n)
{
	bool global = kinds[ref->type].tenant == CONFIG_NO_OFFSET;
	const struct named *found = names_find(n, global ? NULL : ref->tenant, ref->name);
	if (found == NULL)
		ref_missing(r, ref, n);
	else if (global || ref->type == CONFIG_REF_PROMPT)
		*(unsigned *)ref->slot = found->index;
	else
		memcpy(ref->slot, &found->thing, sizeof(found->thing));
}

static int agent_order(const void *a, const void *b)
{
	const struct config_agent *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static void look_ups(struct config_read *r)
{
	struct config *c = r->config;
	c->agents_by_name = config_read_take(r, (c->agent_count + 1) * sizeof(void *));
	if (r->memory)
		return;
	for (unsigned i = 0; i < c->agent_count; i++)
		c->agents_by_name[i] = &c->agents[i];
	qsort(c->agents_by_name, c->agent_count, sizeof(void *), agent_order);
	// Within a tenant a double is a double key already.
	for (unsigned i = 1; i < c->agent_count; i++) {
		struct config_agent *a = c->agents_by_name[i - 1], *b = c->agents_by_name[i];
		struct config_agent *later = a > b ? a : b;
		if (*a->name != '\0' && str_equal(a->name, b->name) && a->tenant != b->tenant)
			config_read_problem(r, later, NULL,
				"expected a name that no other tenant's agent has, got '%s' of %s",
				later->name, (later == a ? b : a)->tenant->name);
	}
}

void config_refs_resolve(struct config_read *r)
{
	struct names names[KINDS] = {0};
	for (unsigned k = CONFIG_REF_PORT; k < KINDS && !r->memory; k++)
		names_new(r, &kinds[k], &names[k]);
	names_twice(r, &names[CONFIG_REF_SITE], "site");
	names_twice(r, &names[CONFIG_REF_GROUP], "group");
	for (unsigned i = 0; i < r->ref_count && !r->memory; i++) {
		const struct config_ref *ref = &r->refs[i];
		if (ref->type == CONFIG_REF_STEP)
			step_resolve(r, ref);
		else
			ref_resolve(r, ref, &names[ref->type]);
	}
	look_ups(r);
	for (unsigned k = 0; k < KINDS; k++)
		free(names[k].list);
}
