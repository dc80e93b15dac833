// A loaded configuration: its users, and finding things in it by name.
#include "control/config/config.h"

#include <string.h>

#include "control/config/arena.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

struct config *config_hold(struct config *c)
{
	check(c->users > 0);
	c->users++;
	return c;
}

void config_release(struct config *c)
{
	if (c == NULL)
		return;
	check(c->users > 0);
	if (--c->users == 0)
		config_arena_free(c->arena);
}

static int dialled_compare(
	const struct config_dialled *d, const struct config_tenant *tenant, const char *text)
{
	if (d->tenant != tenant)
		return d->tenant < tenant ? -1 : 1;
	return strcmp(d->text, text);
}

static const struct config_number *number_exact(
	const struct config *c, const struct config_tenant *tenant, const char *text)
{
	unsigned low = 0, high = c->dialled_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct config_dialled *d = &c->dialled[middle];
		int order = dialled_compare(d, tenant, text);
		if (order == 0)
			return d->number;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

// From the longest beginning to the shortest: "4001*", "400*", …, "*".
static const struct config_number *number_begun(
	const struct config *c, const struct config_tenant *tenant, const char *called)
{
	const struct config_number *found = NULL;
	char pattern[CONFIG_NAME_MAX + 1];
	size_t len = strlen(called);
	if (len > CONFIG_NAME_MAX - 2)
		len = CONFIG_NAME_MAX - 2;
	for (size_t keep = len + 1; found == NULL && keep-- > 0;) {
		memcpy(pattern, called, keep);
		pattern[keep] = '*';
		pattern[keep + 1] = '\0';
		found = number_exact(c, tenant, pattern);
	}
	return found;
}

const struct config_number *config_find_number(
	const struct config *c, const struct config_tenant *tenant, const char *called)
{
	char plain[NUMBER_TEXT_MAX];
	const struct config_number *found = number_exact(c, tenant, called);
	if (found != NULL || str_copy(plain, sizeof(plain), called) != 0)
		return found;
	if (number_is(plain))
		number_strip(plain);
	found = number_exact(c, tenant, plain);
	if (found == NULL)
		found = number_begun(c, tenant, called);
	return found ? found : number_begun(c, tenant, plain);
}

bool config_owns_number(
	const struct config *c, const struct config_tenant *tenant, const char *caller)
{
	const struct config_number *n =
		number_is(caller) ? config_find_number(c, tenant, caller) : NULL;
	return n != NULL && !str_equal(n->number, "*"); // which is all numbers, and nobody's
}

const struct config_trunk *config_find_trunk(
	const struct config *c, const char *tenant, const char *name)
{
	for (unsigned i = 0; i < c->trunk_count; i++)
		if (str_equal(c->trunks[i].name, name) &&
			str_equal(c->trunks[i].tenant->name, tenant))
			return &c->trunks[i];
	return NULL;
}

struct config_agent *config_find_agent(const struct config *c, const char *name)
{
	unsigned low = 0, high = c->agent_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(c->agents_by_name[middle]->name, name);
		if (order == 0)
			return c->agents_by_name[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

// Of one of a queue's lists.
struct listed {
	struct config_agent **agents;
	unsigned count;
	const struct config_crew *crew;
};

// The nth of them, or n is less by as many as there are.
static bool listed_member(const struct listed *of, unsigned *n, struct config_member *out)
{
	if (*n < of->count + of->crew->agent_count) {
		out->agent = *n < of->count ? of->agents[*n] : of->crew->agents[*n - of->count];
		return true;
	}
	*n -= of->count + of->crew->agent_count;
	return false;
}

bool config_queue_member(const struct config_queue *q, unsigned n, struct config_member *out)
{
	const struct listed own = {q->agents, q->agent_count, &q->crew};
	const struct config_reserve *s = &q->reserve;
	const struct listed last = {s->agents, s->agent_count, &s->crew};
	*out = (struct config_member){.agent = NULL};
	if (listed_member(&own, &n, out))
		return true;
	for (unsigned i = 0; i < q->ring_count; i++) {
		const struct config_ring *g = &q->rings[i];
		const struct listed more = {g->agents, g->agent_count, &g->crew};
		out->ring = (uint8_t)(i + 1);
		if (listed_member(&more, &n, out))
			return true;
	}
	*out = (struct config_member){.reserve = true};
	return listed_member(&last, &n, out);
}

unsigned config_level_of(const struct config_levels *levels, const struct config_skill *skill)
{
	for (unsigned i = 0; i < levels->count; i++)
		if (levels->list[i].skill == skill)
			return levels->list[i].level;
	return 0;
}

bool config_prefixes_hold(
	const struct config_prefix *list, unsigned count, const struct addr *address)
{
	for (unsigned i = 0; i < count; i++)
		if (addr_in_prefix(address, &list[i].net, list[i].bits))
			return true;
	return false;
}
