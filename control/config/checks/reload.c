// What a reload cannot change, because it was built at the start: a restart can. The rows of such
// keys say so.
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"

static void say_fixed(struct config_read *r, const void *slot)
{
	config_read_problem(r, slot, NULL,
		"expected what the daemon started with, got a change: it needs a restart");
}

static bool prefix_same(const struct config_prefix *a, const struct config_prefix *b)
{
	return a->bits == b->bits && addr_same_ip(&a->net, &b->net);
}

static bool listen_same(const struct config_listen *a, const struct config_listen *b)
{
	return a->transport == b->transport && addr_equal(&a->address, &b->address);
}

static bool value_same(enum config_type type, const void *now, const void *was, size_t size)
{
	switch (type) {
	case CONFIG_STRING:
	case CONFIG_NAME:
	case CONFIG_WORD:
		return str_equal(now, was);
	case CONFIG_IP:
		return addr_same_ip(now, was);
	case CONFIG_INTERFACE:
		return prefix_same(now, was);
	case CONFIG_LISTEN:
		return listen_same(now, was);
	case CONFIG_PORT_RANGE:
		return memcmp(now, was, 2 * size) == 0;
	default:
		return memcmp(now, was, size) == 0;
	}
}

static const char *items_of(const struct config_field *f, const char *base)
{
	const char *items;
	if (f->type == CONFIG_LIST && f->inline_max > 0)
		return base + f->offset;
	memcpy(&items, base + f->offset, sizeof(items));
	return items;
}

static unsigned count_of(const struct config_field *f, const char *base)
{
	unsigned count;
	memcpy(&count, base + f->count_offset, sizeof(count));
	return count;
}

static bool list_same(const struct config_field *f, const char *now, const char *was)
{
	const char *a = items_of(f, now), *b = items_of(f, was);
	unsigned count = count_of(f, now);
	if (f->inline_max > 0) // zeros behind its items
		return memcmp(a, b, f->inline_max * f->item_size) == 0;
	if (count != count_of(f, was))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!value_same(f->item, a + i * f->item_size, b + i * f->item_size, f->item_size))
			return false;
	return true;
}

static void check_fields(
	struct config_read *r, const struct config_schema *s, const char *now, const char *was);

// Things by their order: what stands in another place was built for another one.
static void check_things(
	struct config_read *r, const struct config_field *f, const char *now, const char *was)
{
	const char *a = items_of(f, now), *b = items_of(f, was);
	unsigned count = count_of(f, now), before = count_of(f, was);
	if (count != before)
		say_fixed(r, now + f->offset);
	for (unsigned i = 0; i < count && i < before; i++) {
		const char *thing = a + (size_t)i * f->sub->size;
		const char *other = b + (size_t)i * f->sub->size;
		if (!str_equal(thing, other)) // begins with its name
			say_fixed(r, thing);
		check_fields(r, f->sub, thing, other);
	}
}

static void check_fields(
	struct config_read *r, const struct config_schema *s, const char *now, const char *was)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		if (f->type == CONFIG_SECTION)
			check_fields(r, f->sub, now, was);
		if (!f->fixed)
			continue;
		if (f->type == CONFIG_MAP)
			check_things(r, f, now, was);
		else if (f->type == CONFIG_LIST && !list_same(f, now, was))
			say_fixed(r, now + f->count_offset);
		else if (f->type != CONFIG_LIST &&
			!value_same(f->type, now + f->offset, was + f->offset, f->size))
			say_fixed(r, now + f->offset);
	}
}

void config_check_reload(struct config_read *r, const struct config *was)
{
	check_fields(r, &config_schema_root, (const char *)r->config, (const char *)was);
}
