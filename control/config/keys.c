// The keys of a map: those that stand twice, and those that the schema does not know.
#include "control/config/keys.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

struct key {
	const char *text;
	struct config_mark mark;
};

static int key_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = strcmp(x->text, y->text);
	if (order == 0)
		order = (x->mark.line > y->mark.line) - (x->mark.line < y->mark.line);
	if (order == 0)
		order = (x->mark.column > y->mark.column) - (x->mark.column < y->mark.column);
	return order;
}

void config_keys_double(struct config_read *r, config_node map)
{
	unsigned count = config_doc_count(r->doc, map), used = 0;
	r->visits += count;
	struct key *keys = malloc((count + 1) * sizeof(*keys));
	if (keys == NULL) {
		r->memory = true;
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		config_node n = config_doc_key(r->doc, map, i);
		const char *text = config_doc_text(r->doc, n);
		if (text != NULL)
			keys[used++] = (struct key){text, config_doc_mark(r->doc, n)};
	}
	qsort(keys, used, sizeof(*keys), key_order);
	for (unsigned i = 1; i < used; i++) {
		if (strcmp(keys[i].text, keys[i - 1].text) != 0)
			continue;
		size_t len = config_read_push(r, keys[i].text);
		config_read_wrong(r, keys[i].mark, "expected each key once, got '%s' after line %u",
			keys[i].text, keys[i - 1].mark.line);
		config_read_pop(r, len);
	}
	free(keys);
}

static void key_unknown(
	struct config_read *r, const struct config_schema *s, const char *text, config_node n)
{
	struct config_guess guess = {.typed = text};
	char meant[128];
	for (const struct config_field *f = s->fields; f->key != NULL; f++)
		config_guess_try(&guess, f->key);
	size_t len = config_read_push(r, text);
	config_read_wrong(r, config_doc_mark(r->doc, n), "expected a key of %s, got '%.60s'%s",
		s->title, text, config_guess_text(&guess, meant));
	config_read_pop(r, len);
}

void config_keys_known(struct config_read *r, const struct config_schema *s, config_node map)
{
	for (unsigned i = 0; i < config_doc_count(r->doc, map); i++) {
		config_node n = config_doc_key(r->doc, map, i);
		const char *text = config_doc_text(r->doc, n);
		if (text == NULL)
			config_read_wrong(r, config_doc_mark(r->doc, n),
				"expected a key that is a word, got a list or a map");
		else if (s == &config_schema_root && str_starts(text, "x-"))
			continue; // the operator's own: what is merged elsewhere
		else if (str_equal(text, "<<") && config_doc_plain(r->doc, n))
			continue; // it stands twice, and that is told
		else if (config_schema_find(s, text) == NULL)
			key_unknown(r, s, text, n);
	}
}
