// A YAML document by libyaml's document API, which keeps the marks.
#include "control/config/doc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "control/config/yaml.h"
#include "engine/base/str.h"

struct config_doc {
	yaml_document_t yaml;
};

static struct config_mark mark_of(const yaml_mark_t *m)
{
	return (struct config_mark){(uint32_t)m->line + 1, (uint32_t)m->column + 1};
}

static int doc_error(
	const yaml_parser_t *parser, const char *text, size_t len, struct config_doc_error *error)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	struct config_yaml_fault fault = {
		.problem = parser->problem ? parser->problem : "",
		.context = parser->context ? parser->context : "",
		.at = mark_of(&parser->problem_mark),
		.from = mark_of(&parser->context_mark),
		.text = text,
		.len = len,
		.offset = parser->error == YAML_READER_ERROR ? parser->problem_offset : SIZE_MAX,
	};
	error->mark = config_yaml_say(&fault, error->text);
	return -EINVAL;
}

// A second document would be ignored silently: it is a mistake.
static int doc_single(
	yaml_parser_t *parser, const char *text, size_t len, struct config_doc_error *error)
{
	yaml_document_t second;
	if (!yaml_parser_load(parser, &second))
		return doc_error(parser, text, len, error);
	yaml_node_t *root = yaml_document_get_root_node(&second);
	if (root != NULL) {
		error->mark = mark_of(&root->start_mark);
		str_copy(error->text, sizeof(error->text),
			"expected one YAML document, got a second one: remove the line '---' "
			"before it");
	}
	yaml_document_delete(&second);
	return root ? -EINVAL : 0;
}

int config_doc_new(
	const char *text, size_t len, struct config_doc **out, struct config_doc_error *error)
{
	yaml_parser_t parser;
	struct config_doc *d = calloc(1, sizeof(*d));
	if (d == NULL || !yaml_parser_initialize(&parser)) {
		free(d);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	int err = 0;
	if (!yaml_parser_load(&parser, &d->yaml)) {
		err = doc_error(&parser, text, len, error);
		free(d);
	} else {
		if (yaml_document_get_root_node(&d->yaml) != NULL)
			err = doc_single(&parser, text, len, error);
		if (err)
			config_doc_free(d);
		else
			*out = d;
	}
	yaml_parser_delete(&parser);
	return err;
}

void config_doc_free(struct config_doc *d)
{
	if (d == NULL)
		return;
	yaml_document_delete(&d->yaml);
	free(d);
}

static yaml_node_t *node_of(struct config_doc *d, config_node n)
{
	return n > 0 ? yaml_document_get_node(&d->yaml, n) : NULL;
}

config_node config_doc_root(struct config_doc *d)
{
	return yaml_document_get_root_node(&d->yaml) != NULL ? 1 : 0;
}

enum config_node_kind config_doc_kind(struct config_doc *d, config_node n)
{
	const yaml_node_t *node = node_of(d, n);
	if (node == NULL)
		return NODE_NONE;
	switch (node->type) {
	case YAML_SCALAR_NODE:
		return NODE_SCALAR;
	case YAML_SEQUENCE_NODE:
		return NODE_LIST;
	case YAML_MAPPING_NODE:
		return NODE_MAP;
	default:
		return NODE_NONE;
	}
}

struct config_mark config_doc_mark(struct config_doc *d, config_node n)
{
	const yaml_node_t *node = node_of(d, n);
	return node ? mark_of(&node->start_mark) : (struct config_mark){1, 1};
}

const char *config_doc_text(struct config_doc *d, config_node n)
{
	const yaml_node_t *node = node_of(d, n);
	if (node == NULL || node->type != YAML_SCALAR_NODE)
		return NULL;
	const char *text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

bool config_doc_null(struct config_doc *d, config_node n)
{
	const yaml_node_t *node = node_of(d, n);
	if (node == NULL || node->type == YAML_NO_NODE)
		return true;
	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	const char *text = (const char *)node->data.scalar.value;
	return *text == '\0' || str_equal(text, "~"); // `kind: null` is a port's kind
}

unsigned config_doc_count(struct config_doc *d, config_node n)
{
	const yaml_node_t *node = node_of(d, n);
	if (node != NULL && node->type == YAML_SEQUENCE_NODE)
		return (unsigned)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (node != NULL && node->type == YAML_MAPPING_NODE)
		return (unsigned)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	return 0;
}

config_node config_doc_item(struct config_doc *d, config_node n, unsigned i)
{
	return node_of(d, n)->data.sequence.items.start[i];
}

config_node config_doc_key(struct config_doc *d, config_node n, unsigned i)
{
	return node_of(d, n)->data.mapping.pairs.start[i].key;
}

config_node config_doc_value(struct config_doc *d, config_node n, unsigned i)
{
	return node_of(d, n)->data.mapping.pairs.start[i].value;
}

bool config_doc_plain(struct config_doc *d, config_node n)
{
	const yaml_node_t *node = node_of(d, n);
	return node != NULL && node->type == YAML_SCALAR_NODE &&
		node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

unsigned config_doc_nodes(struct config_doc *d)
{
	return (unsigned)(d->yaml.nodes.top - d->yaml.nodes.start);
}

void config_doc_drop(struct config_doc *d, config_node map, unsigned i)
{
	yaml_node_t *node = node_of(d, map);
	yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
	node->data.mapping.pairs.top--;
	memmove(pair, pair + 1, (size_t)(node->data.mapping.pairs.top - pair) * sizeof(*pair));
}

int config_doc_add(struct config_doc *d, config_node map, config_node key, config_node value)
{
	return yaml_document_append_mapping_pair(&d->yaml, map, key, value) ? 0 : -ENOMEM;
}

config_node config_doc_get(struct config_doc *d, config_node n, const char *key)
{
	if (config_doc_kind(d, n) != NODE_MAP)
		return 0;
	for (unsigned i = 0; i < config_doc_count(d, n); i++)
		if (str_equal(config_doc_text(d, config_doc_key(d, n, i)), key))
			return config_doc_value(d, n, i);
	return 0;
}
