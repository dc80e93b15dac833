// Walking a document by the schema: each map's keys, each field's value or default.
#include "control/config/walk.h"

#include <errno.h>
#include <string.h>

#include "control/config/keys.h"
#include "control/config/scalar.h"
#include "engine/base/str.h"

#define VISITS_MAX 4000000 // values; a real file of a million agents is below
#define THINGS_MAX 2000000
#define STEPS_MAX  1000 // of one flow

static void walk_map(
	struct config_read *r, const struct config_schema *s, config_node n, char *base);

// "'text'" of a scalar, or what else stands there.
static const char *got(struct config_read *r, config_node n, char out[96])
{
	const char *text = config_doc_text(r->doc, n);
	if (config_doc_null(r->doc, n))
		str_copy(out, 96, "nothing");
	else if (text != NULL)
		str_format(out, 96, strlen(text) > 64 ? "'%.60s…'" : "'%s'", text);
	else if (config_doc_kind(r->doc, n) == NODE_LIST)
		str_copy(out, 96, "a list");
	else
		str_copy(out, 96, config_doc_kind(r->doc, n) == NODE_MAP ? "a map" : "binary text");
	return out;
}

static void say_wrong(
	struct config_read *r, const struct config_field *f, enum config_type type, config_node n)
{
	char expected[192], found[96];
	config_scalar_expected(f, type, expected);
	config_read_wrong(
		r, config_doc_mark(r->doc, n), "expected %s, got %s", expected, got(r, n, found));
}

static void unset_ref(enum config_type type, void *slot)
{
	if (type == CONFIG_REF_PROMPT)
		*(uint32_t *)slot = UINT32_MAX;
	else if (type == CONFIG_REF_STEP)
		*(uint16_t *)slot = STEP_NONE;
}

// Files are relative to the configuration's folder.
static void walk_file(struct config_read *r, const char *text, char **slot)
{
	size_t size = strlen(r->folder) + strlen(text) + 2;
	*slot = config_read_take(r, size);
	if (*slot == NULL)
		return;
	bool absolute = text[0] == '/';
	str_format(*slot, size, "%s%s%s", absolute ? "" : r->folder, absolute ? "" : "/", text);
}

static void walk_scalar(struct config_read *r, const struct config_field *f, enum config_type type,
	config_node n, void *slot)
{
	const char *text = config_doc_text(r->doc, n);
	r->visits++;
	config_read_place(r, slot, config_doc_mark(r->doc, n));
	if (text == NULL || *text == '\0')
		say_wrong(r, f, type, n);
	else if (type == CONFIG_FILE)
		walk_file(r, text, slot);
	else if (config_type_is_ref(type))
		config_read_ref(r, type, text, slot);
	else if (config_scalar_read(f, type, text, slot))
		say_wrong(r, f, type, n);
}

// Room for count items: inline, or taken.
static char *list_room(
	struct config_read *r, const struct config_field *f, char *base, unsigned count)
{
	if (f->inline_max > 0)
		return base + f->offset;
	char *items = config_read_take(r, (size_t)count * f->item_size);
	memcpy(base + f->offset, &items, sizeof(items));
	return items;
}

static void walk_list(
	struct config_read *r, const struct config_field *f, config_node n, char *base)
{
	bool list = config_doc_kind(r->doc, n) == NODE_LIST;
	unsigned count = list ? config_doc_count(r->doc, n) : 1; // a scalar is a list of one
	unsigned *kept = (unsigned *)(void *)(base + f->count_offset);
	config_read_place(r, kept, config_doc_mark(r->doc, n));
	if (config_doc_kind(r->doc, n) == NODE_MAP) {
		say_wrong(r, f, CONFIG_LIST, n);
		return;
	}
	if (f->inline_max > 0 && count > f->inline_max) {
		config_read_wrong(r, config_doc_mark(r->doc, n),
			"expected at most %u items, got %u", f->inline_max, count);
		return;
	}
	char *items = list_room(r, f, base, count);
	const struct config_field one = config_scalar_item(f);
	if (items == NULL)
		return;
	for (unsigned i = 0; i < count && r->visits < VISITS_MAX; i++) {
		char index[16];
		str_format(index, sizeof(index), "%u", i + 1);
		size_t len = config_read_push(r, index);
		walk_scalar(r, &one, one.type, list ? config_doc_item(r->doc, n, i) : n,
			items + (size_t)i * one.size);
		config_read_pop(r, len);
	}
	*kept = count;
}

// The number of things that a list, or one name without brackets, makes.
static unsigned names_in(const struct config_read *r, config_node n)
{
	if (config_doc_null(r->doc, n))
		return 0;
	return config_doc_kind(r->doc, n) == NODE_LIST ? config_doc_count(r->doc, n)
						       : config_doc_kind(r->doc, n) == NODE_SCALAR;
}

static void walk_names(struct config_read *r, const struct config_field *f, config_node n)
{
	char *config = (char *)r->config, *things;
	const struct config_field name = {.type = f->sub->name_type, .size = f->sub->name_size};
	unsigned *all = (unsigned *)(void *)(config + f->count_offset), count = names_in(r, n);
	bool list = config_doc_kind(r->doc, n) == NODE_LIST;
	memcpy(&things, config + f->offset, sizeof(things));
	if (!list && count == 0)
		say_wrong(r, f, CONFIG_NAMES, n);
	for (unsigned i = 0; i < count && r->visits < VISITS_MAX; i++) {
		char *thing = things + (size_t)(*all)++ * f->sub->size;
		memcpy(thing + f->sub->tenant_offset, &r->tenant, sizeof(r->tenant));
		walk_scalar(r, &name, name.type, list ? config_doc_item(r->doc, n, i) : n, thing);
	}
}

static void walk_name(
	struct config_read *r, const struct config_schema *s, config_node key, char *thing)
{
	const struct config_field name = {.type = s->name_type, .size = s->name_size};
	walk_scalar(r, &name, s->name_type, key, thing);
}

// One thing of a map: its name, its owner, its body.
static void walk_thing(
	struct config_read *r, const struct config_schema *s, config_node pair[2], char *thing)
{
	char text[96];
	const char *name = config_doc_text(r->doc, pair[0]);
	size_t len = config_read_push(r, name ? name : got(r, pair[0], text));
	walk_name(r, s, pair[0], thing);
	if (s->tenant_offset != CONFIG_NO_OFFSET)
		memcpy(thing + s->tenant_offset, &r->tenant, sizeof(r->tenant));
	struct config_mark mark = config_doc_mark(r->doc, pair[1]);
	if (s->mark_offset != CONFIG_NO_OFFSET)
		memcpy(thing + s->mark_offset, &mark, sizeof(mark));
	if (s == &config_schema_tenant)
		r->tenant = (struct config_tenant *)(void *)thing;
	walk_map(r, s, pair[1], thing);
	config_read_pop(r, len);
}

static void walk_things(struct config_read *r, const struct config_field *f, config_node n)
{
	char *config = (char *)r->config, *things;
	unsigned *count = (unsigned *)(void *)(config + f->count_offset);
	memcpy(&things, config + f->offset, sizeof(things));
	if (config_doc_kind(r->doc, n) != NODE_MAP) {
		say_wrong(r, f, CONFIG_MAP, n);
		return;
	}
	config_keys_double(r, n);
	for (unsigned i = 0; i < config_doc_count(r->doc, n) && r->visits < VISITS_MAX; i++) {
		config_node pair[2] = {
			config_doc_key(r->doc, n, i), config_doc_value(r->doc, n, i)};
		char *thing = things + (size_t)*count * f->sub->size;
		(*count)++; // first: what stands within may count on
		walk_thing(r, f->sub, pair, thing);
	}
}

// "play, menu": what the kinds are called.
static const char *step_kinds(const struct config_read *r, char out[192])
{
	struct str_buf b;
	str_buf_init(&b, out, 192);
	for (unsigned k = 0; r->modules->steps[k] != NULL; k++)
		str_buf_add(&b, "%s%s", k ? ", " : "", r->modules->steps[k]->schema.fields[0].key);
	return out;
}

// The kind of a step: the one key that names it.
static const struct config_schema *step_schema(
	struct config_read *r, config_node n, struct config_step *step)
{
	const char *word = config_doc_text(r->doc, n);
	for (unsigned k = 0; r->modules->steps[k] != NULL; k++) {
		const struct config_step_kind *kind = r->modules->steps[k];
		const char *key = kind->schema.fields[0].key;
		bool named = false;
		for (unsigned i = 0; i < config_doc_count(r->doc, n) && !word; i++)
			named |= config_doc_kind(r->doc, n) == NODE_MAP &&
				str_equal(
					config_doc_text(r->doc, config_doc_key(r->doc, n, i)), key);
		if (named || (word && str_equal(word, key) && kind->word)) {
			step->kind = kind;
			return &kind->schema;
		}
	}
	char found[96], kinds[192];
	config_read_wrong(r, config_doc_mark(r->doc, n), "expected a map with one of %s, got %s",
		step_kinds(r, kinds),
		config_doc_kind(r->doc, n) == NODE_MAP ? "none of them" : got(r, n, found));
	return NULL;
}

static void step_clear(struct config_step *step)
{
	step->next = step->menu.on_timeout = step->menu.on_invalid = STEP_NONE;
	step->prompt = step->menu.prompt = step->menu.invalid_prompt = UINT32_MAX;
	for (unsigned i = 0; i < 16; i++)
		step->menu.on_digit[i] = STEP_NONE;
}

static void walk_step(
	struct config_read *r, config_node key, config_node n, struct config_step *step)
{
	static const struct config_field name = {.type = CONFIG_NAME, .size = CONFIG_NAME_MAX};
	const char *text = config_doc_text(r->doc, key);
	size_t len = config_read_push(r, text ? text : "?");
	step_clear(step);
	walk_scalar(r, &name, CONFIG_NAME, key, step->name);
	const struct config_schema *s = step_schema(r, n, step);
	if (s != NULL)
		walk_map(r, s, config_doc_kind(r->doc, n) == NODE_MAP ? n : 0, (char *)step);
	config_read_pop(r, len);
}

static void walk_steps(struct config_read *r, config_node n, struct config_flow *flow)
{
	unsigned count = config_doc_count(r->doc, n);
	if (config_doc_kind(r->doc, n) != NODE_MAP || count == 0 || count > STEPS_MAX) {
		char found[96];
		config_read_wrong(r, config_doc_mark(r->doc, n),
			"expected a map of 1 to %u steps, got %s", STEPS_MAX,
			config_doc_kind(r->doc, n) == NODE_MAP ? count ? "more" : "none"
							       : got(r, n, found));
		return;
	}
	flow->steps = config_read_take(r, count * sizeof(*flow->steps));
	if (flow->steps == NULL)
		return;
	unsigned problems = r->problems->count;
	config_keys_double(r, n);
	r->flow = flow;
	for (unsigned i = 0; i < count && r->visits < VISITS_MAX; i++)
		walk_step(r, config_doc_key(r->doc, n, i), config_doc_value(r->doc, n, i),
			&flow->steps[i]);
	flow->step_count = count;
	flow->faulty = r->problems->count > problems;
	r->flow = NULL;
}

static void walk_digits(
	struct config_read *r, const struct config_field *f, config_node n, uint16_t slots[16])
{
	static const char digits[] = "0123456789*#ABCD";
	if (config_doc_kind(r->doc, n) != NODE_MAP || config_doc_count(r->doc, n) == 0) {
		say_wrong(r, f, CONFIG_DIGITS, n);
		return;
	}
	config_keys_double(r, n);
	for (unsigned i = 0; i < config_doc_count(r->doc, n); i++) {
		config_node key = config_doc_key(r->doc, n, i);
		const char *text = config_doc_text(r->doc, key);
		const char *at = text && text[0] && !text[1] ? strchr(digits, text[0]) : NULL;
		size_t len = config_read_push(r, text ? text : "?");
		char found[96];
		if (at == NULL)
			config_read_wrong(r, config_doc_mark(r->doc, key),
				"expected a digit 0 to 9, '*', '#' or A to D, got %s",
				got(r, key, found));
		else
			walk_scalar(r, f, CONFIG_REF_STEP, config_doc_value(r->doc, n, i),
				&slots[at - digits]);
		config_read_pop(r, len);
	}
}

static void walk_levels(
	struct config_read *r, const struct config_field *f, config_node n, char *base)
{
	if (config_doc_kind(r->doc, n) != NODE_MAP) {
		say_wrong(r, f, CONFIG_LEVELS, n);
		return;
	}
	unsigned count = config_doc_count(r->doc, n);
	const struct config_field level = {
		.type = CONFIG_INT, .size = sizeof(uint8_t), .min = f->min, .max = f->max};
	struct config_level *list = config_read_take(r, (count + 1) * sizeof(*list));
	if (list == NULL)
		return;
	memcpy(base + f->offset, &list, sizeof(list));
	config_keys_double(r, n);
	for (unsigned i = 0; i < count && r->visits < VISITS_MAX; i++) {
		config_node key = config_doc_key(r->doc, n, i);
		const char *text = config_doc_text(r->doc, key);
		size_t len = config_read_push(r, text ? text : "?");
		walk_scalar(r, f, CONFIG_REF_SKILL, key, &list[i].skill);
		walk_scalar(r, &level, CONFIG_INT, config_doc_value(r->doc, n, i), &list[i].level);
		config_read_pop(r, len);
	}
	*(unsigned *)(void *)(base + f->count_offset) = count;
}

static void walk_items(
	struct config_read *r, const struct config_field *f, config_node n, char *base)
{
	unsigned count = config_doc_count(r->doc, n);
	if (config_doc_kind(r->doc, n) != NODE_LIST) {
		say_wrong(r, f, CONFIG_ITEMS, n);
		return;
	}
	if (count > f->max) {
		config_read_wrong(r, config_doc_mark(r->doc, n),
			"expected at most %u items, got %u", (unsigned)f->max, count);
		return;
	}
	char *items = config_read_take(r, (size_t)(count + 1) * f->sub->size);
	if (items == NULL)
		return;
	memcpy(base + f->offset, &items, sizeof(items));
	for (unsigned i = 0; i < count; i++) {
		char index[16];
		str_format(index, sizeof(index), "%u", i + 1);
		size_t len = config_read_push(r, index);
		walk_map(r, f->sub, config_doc_item(r->doc, n, i), items + i * f->sub->size);
		config_read_pop(r, len);
	}
	*(unsigned *)(void *)(base + f->count_offset) = count;
}

// An absent key: its default, or a problem at the map that should have it.
static void walk_fallback(
	struct config_read *r, const struct config_field *f, struct config_mark mark, char *base)
{
	if (f->type == CONFIG_SECTION) {
		walk_map(r, f->sub, 0, base);
		return;
	}
	char expected[192];
	bool things = f->type == CONFIG_MAP || f->type == CONFIG_NAMES;
	bool counted =
		f->type == CONFIG_LIST || f->type == CONFIG_LEVELS || f->type == CONFIG_ITEMS;
	char *slot = (things ? (char *)r->config : base) + f->offset;
	config_read_place(r, counted ? base + f->count_offset : slot, mark);
	unset_ref(f->type, slot);
	if (f->fallback == NULL) {
		config_scalar_expected(f, f->type, expected);
		config_read_wrong(r, mark, "expected %s, got nothing", expected);
	} else if (f->type == CONFIG_LIST) {
		config_scalar_list(f, base);
	} else if (*f->fallback != '\0') {
		config_scalar_read(f, f->type, f->fallback, slot);
	}
}

static void walk_field(
	struct config_read *r, const struct config_field *f, config_node n, char *base)
{
	char *slot = base + f->offset;
	switch (f->type) {
	case CONFIG_SECTION:
		walk_map(r, f->sub, n, base);
		break;
	case CONFIG_MAP:
		config_read_place(r, (char *)r->config + f->offset, config_doc_mark(r->doc, n));
		walk_things(r, f, n);
		break;
	case CONFIG_LIST:
		walk_list(r, f, n, base);
		break;
	case CONFIG_DIGITS:
		config_read_place(r, slot, config_doc_mark(r->doc, n));
		walk_digits(r, f, n, (uint16_t *)(void *)slot);
		break;
	case CONFIG_NAMES:
		config_read_place(r, (char *)r->config + f->offset, config_doc_mark(r->doc, n));
		walk_names(r, f, n);
		break;
	case CONFIG_LEVELS:
		config_read_place(r, base + f->count_offset, config_doc_mark(r->doc, n));
		walk_levels(r, f, n, base);
		break;
	case CONFIG_ITEMS:
		config_read_place(r, base + f->count_offset, config_doc_mark(r->doc, n));
		walk_items(r, f, n, base);
		break;
	default:
		walk_scalar(r, f, f->type, n, slot);
	}
}

// n: the map, a scalar or list that stands for one of its keys, or 0 where there is none.
static void walk_map(
	struct config_read *r, const struct config_schema *s, config_node n, char *base)
{
	enum config_node_kind kind =
		config_doc_null(r->doc, n) ? NODE_NONE : config_doc_kind(r->doc, n);
	if (r->visits >= VISITS_MAX)
		return;
	if (s->fields[0].type == CONFIG_STEPS) {
		walk_steps(r, n, (struct config_flow *)(void *)base);
		return;
	}
	bool shorthand = s->shorthand && (kind == NODE_SCALAR || kind == NODE_LIST);
	if (kind == NODE_MAP) {
		config_keys_double(r, n);
		config_keys_known(r, s, n);
	} else if (kind != NODE_NONE && !shorthand) {
		static const struct config_field map = {.type = CONFIG_MAP};
		say_wrong(r, &map, CONFIG_MAP, n);
		return;
	}
	struct config_mark mark = config_doc_mark(r->doc, n);
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		bool stands = shorthand && str_equal(f->key, s->shorthand);
		config_node value = stands ? n : config_doc_get(r->doc, n, f->key);
		size_t len = config_read_push(r, f->key);
		if (config_doc_null(r->doc, value))
			walk_fallback(r, f, mark, base);
		else
			walk_field(r, f, value, base);
		config_read_pop(r, len);
	}
}

// Arrays are taken once, at their full size, so that nothing ever moves.
static uint64_t count_things(struct config_read *r, const struct config_schema *s, config_node n)
{
	uint64_t sum = 0;
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		config_node value = config_doc_get(r->doc, n, f->key);
		if (f->type == CONFIG_SECTION)
			sum += count_things(r, f->sub, value);
		bool map = f->type == CONFIG_MAP && config_doc_kind(r->doc, value) == NODE_MAP;
		if (!map && f->type != CONFIG_NAMES)
			continue;
		unsigned count = map ? config_doc_count(r->doc, value) : names_in(r, value);
		*(unsigned *)(void *)((char *)r->config + f->count_offset) += count;
		sum += count;
		for (unsigned i = 0; i < count && f->sub == &config_schema_tenant; i++)
			sum += count_things(r, f->sub, config_doc_value(r->doc, value, i));
	}
	return sum;
}

static void take_things(struct config_read *r, const struct config_schema *s)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		if (f->type == CONFIG_SECTION)
			take_things(r, f->sub);
		if (f->type != CONFIG_MAP && f->type != CONFIG_NAMES)
			continue;
		unsigned *count = (unsigned *)(void *)((char *)r->config + f->count_offset);
		char *things = config_read_take(r, (size_t)*count * f->sub->size);
		memcpy((char *)r->config + f->offset, &things, sizeof(things));
		*count = 0;
		if (f->sub == &config_schema_tenant)
			take_things(r, f->sub);
	}
}

int config_walk(struct config_read *r)
{
	config_node root = config_doc_root(r->doc);
	uint64_t things = count_things(r, &config_schema_root, root);
	if (things <= THINGS_MAX) {
		take_things(r, &config_schema_root);
		if (r->memory)
			return -ENOMEM;
		walk_map(r, &config_schema_root, root, (char *)r->config);
		if (r->visits < VISITS_MAX)
			return 0;
	}
	config_read_wrong(r, config_doc_mark(r->doc, root),
		"expected at most %u things, got more (aliases?)", THINGS_MAX);
	return -E2BIG;
}
