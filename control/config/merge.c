// Each map's merges: first those of what it takes from, so that chains end; then the pairs.
#include "control/config/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

#define PAIRS_MAX 4000000 // looked at by all merges of a file
#define CHAIN_MAX 32	  // a merged map may itself merge, and so on

enum merge_state { MERGE_NEW, MERGE_OPEN, MERGE_DONE };

struct merge {
	struct config_read *r;
	uint8_t *state; // of each node
	unsigned looked_at;
	int err;
};

struct merge_pair { // of the map itself, then of each source
	const char *text;
	unsigned order;
	config_node key, value;
};

struct merge_pairs {
	struct merge_pair *list;
	unsigned count, own;
};

static void merge_map(struct merge *m, config_node map, unsigned depth);

static void wrong(struct merge *m, config_node at, const char *got)
{
	size_t len = config_read_push(m->r, "<<");
	config_read_wrong(m->r, config_doc_mark(m->r->doc, at),
		"expected a map or a list of maps by their aliases, got %s", got);
	config_read_pop(m->r, len);
}

static bool is_merge(struct config_doc *d, config_node key)
{
	return config_doc_plain(d, key) && str_equal(config_doc_text(d, key), "<<");
}

static void take(struct merge *m, struct merge_pairs *p, config_node map)
{
	struct config_doc *d = m->r->doc;
	unsigned count = config_doc_count(d, map);
	m->looked_at += count;
	if (m->looked_at > PAIRS_MAX) {
		config_read_wrong(m->r, config_doc_mark(d, map),
			"expected merges of at most %u keys, got more", PAIRS_MAX);
		m->err = -E2BIG;
		return;
	}
	struct merge_pair *list = realloc(p->list, (p->count + count + 1) * sizeof(*list));
	if (list == NULL) {
		m->err = -ENOMEM;
		return;
	}
	p->list = list;
	for (unsigned i = 0; i < count; i++, p->count++)
		list[p->count] = (struct merge_pair){config_doc_text(d, config_doc_key(d, map, i)),
			p->count, config_doc_key(d, map, i), config_doc_value(d, map, i)};
}

// One source: it is merged itself first.
static void take_source(struct merge *m, struct merge_pairs *p, config_node source, unsigned depth)
{
	struct config_doc *d = m->r->doc;
	if (config_doc_kind(d, source) != NODE_MAP) {
		wrong(m, source, config_doc_kind(d, source) == NODE_LIST ? "a list" : "a value");
		return;
	}
	if (m->state[source] == MERGE_OPEN) {
		wrong(m, source, "a map that is merged into itself");
		return;
	}
	if (depth >= CHAIN_MAX) {
		wrong(m, source, "merges of merges, more than 32 deep");
		return;
	}
	merge_map(m, source, depth + 1);
	if (!m->err)
		take(m, p, source);
}

static void take_sources(struct merge *m, struct merge_pairs *p, config_node value, unsigned depth)
{
	struct config_doc *d = m->r->doc;
	if (config_doc_kind(d, value) != NODE_LIST) {
		take_source(m, p, value, depth);
		return;
	}
	for (unsigned i = 0; i < config_doc_count(d, value) && !m->err; i++)
		take_source(m, p, config_doc_item(d, value, i), depth);
}

static int pair_order(const void *a, const void *b)
{
	const struct merge_pair *x = a, *y = b;
	int order = strcmp(x->text ? x->text : "", y->text ? y->text : "");
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int add_order(const void *a, const void *b)
{
	const struct merge_pair *x = a, *y = b;
	return (x->order > y->order) - (x->order < y->order);
}

// Drops from the list what the map says itself, and what an earlier source has said.
static unsigned keep_new(struct merge_pairs *p)
{
	unsigned kept = 0;
	qsort(p->list, p->count, sizeof(*p->list), pair_order);
	const char *last = NULL;
	for (unsigned i = 0; i < p->count; i++) {
		const struct merge_pair pair = p->list[i];
		bool again = last != NULL && pair.text != NULL && str_equal(pair.text, last);
		last = pair.text;
		if (!again && pair.order >= p->own)
			p->list[kept++] = pair;
	}
	qsort(p->list, kept, sizeof(*p->list), add_order);
	return kept;
}

static void add(struct merge *m, config_node map, struct merge_pairs *p)
{
	unsigned kept = keep_new(p);
	for (unsigned i = 0; i < kept && !m->err; i++)
		m->err = config_doc_add(m->r->doc, map, p->list[i].key, p->list[i].value);
}

static void merge_map(struct merge *m, config_node map, unsigned depth)
{
	struct config_doc *d = m->r->doc;
	struct merge_pairs pairs = {0};
	unsigned merges = 0;
	if (m->state[map] != MERGE_NEW)
		return;
	m->state[map] = MERGE_OPEN;
	for (unsigned i = 0; i < config_doc_count(d, map); i++)
		merges += is_merge(d, config_doc_key(d, map, i));
	if (merges > 1) // as any key that stands twice
		merges = 0;
	if (merges == 1) {
		unsigned i = 0;
		while (!is_merge(d, config_doc_key(d, map, i)))
			i++;
		config_node value = config_doc_value(d, map, i);
		config_doc_drop(d, map, i);
		take(m, &pairs, map);
		pairs.own = pairs.count;
		if (!m->err)
			take_sources(m, &pairs, value, depth);
		if (!m->err)
			add(m, map, &pairs);
		free(pairs.list);
	}
	m->state[map] = MERGE_DONE;
}

int config_merge(struct config_read *r)
{
	unsigned nodes = config_doc_nodes(r->doc);
	struct merge m = {.r = r, .state = calloc(nodes + 1, 1)};
	if (m.state == NULL)
		m.err = -ENOMEM;
	for (unsigned n = 1; n <= nodes && !m.err; n++)
		if (config_doc_kind(r->doc, (config_node)n) == NODE_MAP)
			merge_map(&m, (config_node)n, 0);
	free(m.state);
	if (m.err == -ENOMEM)
		r->memory = true;
	return m.err;
}
