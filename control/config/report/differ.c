// Every thing as two hashes, of its name and of its content, by the schema; then sorted and merged.
#include "control/config/report/differ.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/config/schema.h"
#include "control/config/step.h"
#include "engine/base/hash.h"

struct thing {
	uint64_t name, content;
};

struct things {
	const struct config *config;
	struct thing *list;
	size_t count, room;
};

static uint64_t hash_fields(
	const struct config *c, const struct config_schema *s, const void *base, uint64_t seed);

static bool things_room(struct things *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	struct thing *more;
	if (t->count < t->room)
		return true;
	more = realloc(t->list, room * sizeof(*more));
	if (more == NULL)
		return false;
	t->list = more;
	t->room = room;
	return true;
}

static void things_add(struct things *t, uint64_t name, uint64_t content)
{
	if (things_room(t))
		t->list[t->count++] = (struct thing){name, content};
}

// By members: what lies between them is nobody's.
static uint64_t hash_addr(const struct addr *a, uint64_t seed)
{
	seed = hash_bytes(a->ip, sizeof(a->ip), seed + a->family);
	return hash_u64(seed ^ a->port);
}

static uint64_t hash_struct(enum config_type type, const void *at, uint64_t seed)
{
	const struct config_prefix *prefix = at;
	const struct config_listen *listen = at;
	if (type == CONFIG_IP)
		return hash_addr(at, seed);
	if (type == CONFIG_LISTEN)
		return hash_addr(&listen->address, seed + listen->transport);
	return hash_addr(&prefix->net, seed + prefix->bits);
}

// Things that are named elsewhere begin with their name; prompts are told by their place.
static uint64_t hash_value(
	const struct config *c, enum config_type type, const void *at, size_t size, uint64_t seed)
{
	uint32_t prompt;
	switch (type) {
	case CONFIG_FILE:
	case CONFIG_REF_FLOW:
	case CONFIG_REF_QUEUE:
	case CONFIG_REF_AGENT:
	case CONFIG_REF_CONFERENCE:
	case CONFIG_REF_TRUNK:
	case CONFIG_REF_SKILL:
	case CONFIG_REF_SITE:
	case CONFIG_REF_SHIFT:
	case CONFIG_REF_TEAM:
	case CONFIG_REF_GROUP: {
		const char *text = *(const char *const *)at;
		return hash_str(text ? text : "", seed);
	}
	case CONFIG_STRING:
	case CONFIG_NAME:
	case CONFIG_USER:
	case CONFIG_NUMBER:
	case CONFIG_WORD:
		return hash_str(at, seed);
	case CONFIG_REWRITE: {
		const struct config_rewrite *r = at;
		return hash_str(r->add, hash_str(r->strip, seed));
	}
	case CONFIG_IP:
	case CONFIG_PREFIX:
	case CONFIG_INTERFACE:
	case CONFIG_LISTEN:
		return hash_struct(type, at, seed);
	case CONFIG_REF_PROMPT:
		memcpy(&prompt, at, sizeof(prompt));
		return hash_str(prompt < c->prompt_count ? c->prompts[prompt].name : "", seed);
	default:
		return hash_bytes(at, size, seed);
	}
}

static uint64_t hash_list(
	const struct config *c, const struct config_field *f, const char *base, uint64_t seed)
{
	const char *items = f->inline_max ? base + f->offset
					  : *(const char *const *)(const void *)(base + f->offset);
	unsigned count = *(const unsigned *)(const void *)(base + f->count_offset);
	for (unsigned i = 0; i < count; i++)
		seed = hash_value(
			c, f->item, items + (size_t)i * f->item_size, f->item_size, seed + 1);
	return seed;
}

static uint64_t hash_levels(const struct config_field *f, const char *base, uint64_t seed)
{
	const struct config_level *list;
	memcpy(&list, base + f->offset, sizeof(list));
	unsigned count = *(const unsigned *)(const void *)(base + f->count_offset);
	for (unsigned i = 0; i < count; i++)
		seed = hash_str(list[i].skill->name, seed + list[i].level);
	return seed;
}

static uint64_t hash_steps(const struct config *c, const struct config_flow *flow, uint64_t seed)
{
	for (unsigned i = 0; i < flow->step_count; i++) {
		const struct config_step *step = &flow->steps[i];
		const struct config_schema *s = &step->kind->schema;
		seed = hash_str(s->fields[0].key, hash_str(step->name, seed));
		seed = hash_fields(c, s, step, seed);
	}
	return seed;
}

static uint64_t hash_items(
	const struct config *c, const struct config_field *f, const char *base, uint64_t seed)
{
	const char *items = *(const char *const *)(const void *)(base + f->offset);
	unsigned count = *(const unsigned *)(const void *)(base + f->count_offset);
	for (unsigned i = 0; i < count; i++)
		seed = hash_fields(c, f->sub, items + (size_t)i * f->sub->size, seed + 1);
	return seed;
}

// Without the things within: those are counted by themselves, as are the file's sections.
static uint64_t hash_fields(
	const struct config *c, const struct config_schema *s, const void *base, uint64_t seed)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		const char *at = (const char *)base + f->offset;
		if (f->type == CONFIG_STEPS)
			seed = hash_steps(c, base, seed);
		else if (f->type == CONFIG_LIST)
			seed = hash_list(c, f, base, seed);
		else if (f->type == CONFIG_LEVELS)
			seed = hash_levels(f, base, seed);
		else if (f->type == CONFIG_ITEMS)
			seed = hash_items(c, f, base, seed);
		else if (f->type == CONFIG_SECTION && base != c)
			seed = hash_fields(c, f->sub, base, seed);
		else if (f->type != CONFIG_MAP && f->type != CONFIG_NAMES &&
			f->type != CONFIG_SECTION)
			seed = hash_value(c, f->type, at, f->size, seed);
	}
	return seed;
}

static void collect(struct things *t, const struct config_schema *s);

static void collect_map(struct things *t, const struct config_field *f)
{
	const char *base = (const char *)t->config;
	const char *list = *(const char *const *)(const void *)(base + f->offset);
	unsigned count = *(const unsigned *)(const void *)(base + f->count_offset);
	for (unsigned i = 0; i < count; i++) {
		const char *one = list + (size_t)i * f->sub->size;
		uint64_t name = hash_str(one, hash_str(f->key, 0));
		if (f->sub->tenant_offset != CONFIG_NO_OFFSET) {
			const void *owner = one + f->sub->tenant_offset;
			name = hash_str((*(struct config_tenant *const *)owner)->name, name);
		}
		things_add(t, name, hash_fields(t->config, f->sub, one, 0));
	}
}

// A section is a thing too. The maps within, tenants' own for all of them at once.
static void collect(struct things *t, const struct config_schema *s)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		if (f->type == CONFIG_SECTION)
			things_add(t, hash_str(f->key, 1),
				hash_fields(t->config, f->sub, t->config, 0));
		if (f->type == CONFIG_MAP || f->type == CONFIG_NAMES)
			collect_map(t, f);
		if (f->sub != NULL &&
			(f->type == CONFIG_SECTION || f->sub == &config_schema_tenant))
			collect(t, f->sub);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;
	return (x->name > y->name) - (x->name < y->name);
}

static void things_of(struct things *t, const struct config *c)
{
	*t = (struct things){.config = c};
	collect(t, &config_schema_root);
	if (t->count > 0)
		qsort(t->list, t->count, sizeof(*t->list), by_name);
}

void config_differ(
	const struct config *was, const struct config *now, struct config_difference *out)
{
	struct things a, b;
	size_t i = 0, k = 0;
	*out = (struct config_difference){0};
	things_of(&a, was);
	things_of(&b, now);
	while (i < a.count || k < b.count) {
		if (k == b.count || (i < a.count && a.list[i].name < b.list[k].name)) {
			out->removed++;
			i++;
		} else if (i == a.count || b.list[k].name < a.list[i].name) {
			out->added++;
			k++;
		} else {
			out->changed += a.list[i++].content != b.list[k++].content;
		}
	}
	free(a.list);
	free(b.list);
}
