// Where agents belong: each tenant, site, shift, team, group and region that any of them was ever
// in together is kept once, so that who works or talks there can point to it over reloads.
#include <stdlib.h>

#include "control/base/body.h"
#include "control/queue/floor_private.h"
#include "engine/base/str.h"

static const struct floor_unit nowhere;

int floor_units_start(struct floor *f)
{
	return hash_init(&f->units, 16);
}

void floor_units_stop(struct floor *f)
{
	for (uint32_t i = 0; i < f->unit_count; i++)
		free(f->unit_list[i]);
	free(f->unit_list);
	hash_fini(&f->units);
}

static void unit_of(const struct config_agent *c, struct floor_unit *out)
{
	const struct config_team *team = c->team;
	const struct config_shift *shift = team ? team->shift : NULL;
	const struct config_site *site = shift ? shift->site : NULL;
	*out = nowhere;
	str_copy(out->tenant, sizeof(out->tenant), c->tenant ? c->tenant->name : "");
	str_copy(out->site, sizeof(out->site), site ? site->name : "");
	str_copy(out->shift, sizeof(out->shift), shift ? shift->name : "");
	str_copy(out->team, sizeof(out->team), team ? team->name : "");
	str_copy(out->group, sizeof(out->group), c->group ? c->group->name : "");
	str_copy(out->region, sizeof(out->region), c->region ? c->region->name : "");
}

static bool unit_same(const struct floor_unit *a, const struct floor_unit *b)
{
	return str_equal(a->tenant, b->tenant) && str_equal(a->site, b->site) &&
		str_equal(a->shift, b->shift) && str_equal(a->team, b->team) &&
		str_equal(a->group, b->group) && str_equal(a->region, b->region);
}

static uint64_t unit_hash(const struct floor_unit *u)
{
	uint64_t seed = hash_str(u->site, hash_str(u->tenant, 0));
	seed = hash_str(u->team, hash_str(u->shift, seed));
	return hash_str(u->region, hash_str(u->group, seed));
}

static const struct floor_unit *unit_add(struct floor *f, const struct floor_unit *wanted)
{
	struct floor_unit **list = realloc(f->unit_list, (f->unit_count + 1) * sizeof(*list));
	if (list == NULL)
		return &nowhere;
	f->unit_list = list;
	struct floor_unit *u = malloc(sizeof(*u));
	if (u == NULL)
		return &nowhere;
	*u = *wanted;
	f->unit_list[f->unit_count++] = u;
	hash_insert(&f->units, &u->node, unit_hash(u));
	return u;
}

const struct floor_unit *floor_unit_of(struct floor *f, const struct config_agent *c)
{
	struct floor_unit wanted;
	unit_of(c, &wanted);
	struct hash_node *n = hash_first(&f->units, unit_hash(&wanted));
	for (; n != NULL; n = hash_next(n)) {
		const struct floor_unit *u = container_of(n, const struct floor_unit, node);
		if (unit_same(u, &wanted))
			return u;
	}
	return unit_add(f, &wanted);
}

const struct floor_unit *floor_agent_unit(const struct floor *f, const char *name)
{
	const struct floor_agent *a = floor_agent_named(f, name);
	return a && a->unit ? a->unit : &nowhere;
}

static void member(struct body *b, const char *name, const char *text)
{
	if (text[0] != '\0')
		body_text(b, name, text);
}

void floor_unit_members(const struct floor_unit *u, struct body *out)
{
	member(out, "site", u->site);
	member(out, "shift", u->shift);
	member(out, "team", u->team);
	member(out, "group", u->group);
}
