// A loaded configuration: its users, and finding things in it by name.
#include "control/base/config.h"

#include <string.h>

#include "control/base/config_arena.h"
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

// By tenant, then by text: the order of numbers_by_name.
static int number_compare(
	const struct config_number *n, const struct config_tenant *tenant, const char *number)
{
	if (n->tenant != tenant)
		return n->tenant < tenant ? -1 : 1;
	return strcmp(n->number, number);
}

static const struct config_number *number_exact(
	const struct config *c, const struct config_tenant *tenant, const char *number)
{
	unsigned low = 0, high = c->number_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct config_number *n = c->numbers_by_name[middle];
		int order = number_compare(n, tenant, number);
		if (order == 0)
			return n;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct config_number *config_find_number(
	const struct config *c, const struct config_tenant *tenant, const char *called)
{
	const struct config_number *found = number_exact(c, tenant, called);
	// From the longest beginning to the shortest: "4001*", "400*", …, "*".
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

struct config_queue *config_find_queue(const struct config *c, const char *tenant, const char *name)
{
	for (unsigned i = 0; i < c->queue_count; i++)
		if (str_equal(c->queues[i].name, name) &&
			str_equal(c->queues[i].tenant->name, tenant))
			return &c->queues[i];
	return NULL;
}

const struct config_trunk *config_find_trunk(const struct config *c, const struct addr *source)
{
	const struct config_trunk *found = NULL;
	int bits = -1;
	for (unsigned i = 0; i < c->trunk_count; i++) {
		const struct config_trunk *t = &c->trunks[i];
		for (unsigned p = 0; p < t->peer_count; p++) {
			const struct config_prefix *peer = &t->peers[p];
			if (peer->bits > bits && addr_in_prefix(source, &peer->net, peer->bits)) {
				found = t;
				bits = peer->bits;
			}
		}
	}
	return found;
}
