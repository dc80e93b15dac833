// The agents' prefixes, each once.
#include "control/sip/registrar/places.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct config_prefix));
}

static unsigned count_all(const struct config *config)
{
	unsigned n = 0;

	for (unsigned i = 0; i < config->agent_count; i++)
		n += config->agents[i].from_count;
	return n;
}

static bool any_anywhere(const struct config *config)
{
	for (unsigned i = 0; i < config->agent_count; i++)
		if (config->agents[i].from_count == 0)
			return true;
	return false;
}

// No padding may part two that are equal.
static struct config_prefix clean(const struct config_prefix *from)
{
	struct config_prefix p;

	memset(&p, 0, sizeof(p));
	p.net.family = from->net.family;
	memcpy(p.net.ip, from->net.ip, sizeof(p.net.ip));
	p.bits = from->bits;
	return p;
}

void places_configure(struct places *p, const struct config *config)
{
	unsigned n = 0, all = count_all(config);

	places_drop(p);
	p->anywhere = any_anywhere(config);
	if (p->anywhere || all == 0)
		return;
	p->list = calloc(all, sizeof(*p->list));
	p->anywhere = !p->list;
	if (!p->list)
		return;
	for (unsigned i = 0; i < config->agent_count; i++)
		for (unsigned k = 0; k < config->agents[i].from_count; k++)
			p->list[n++] = clean(&config->agents[i].from[k]);
	qsort(p->list, n, sizeof(*p->list), compare);
	for (unsigned i = 0; i < n; i++)
		if (p->count == 0 || compare(&p->list[i], &p->list[p->count - 1]))
			p->list[p->count++] = p->list[i];
}

void places_drop(struct places *p)
{
	free(p->list);
	*p = (struct places){0};
}

bool places_have(const struct places *p, const struct addr *source)
{
	return p->anywhere || config_prefixes_hold(p->list, p->count, source);
}
