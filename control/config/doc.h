// A YAML document as nodes with marks. The only file of ours that knows libyaml is config/doc.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "control/config/config.h"

struct config_doc;
typedef int config_node; // 0: none

enum config_node_kind { NODE_NONE, NODE_SCALAR, NODE_LIST, NODE_MAP };

struct config_doc_error {
	struct config_mark mark;
	char text[256]; // "expected X, got Y: cure"
};

// 0; -EINVAL: not one YAML document, error says where; -ENOMEM.
int config_doc_new(
	const char *text, size_t len, struct config_doc **out, struct config_doc_error *error);
void config_doc_free(struct config_doc *d);

config_node config_doc_root(struct config_doc *d); // 0: the document is empty
enum config_node_kind config_doc_kind(struct config_doc *d, config_node n);
struct config_mark config_doc_mark(struct config_doc *d, config_node n);
// Text of a scalar; NULL for other nodes and where it holds a NUL.
const char *config_doc_text(struct config_doc *d, config_node n);
bool config_doc_null(struct config_doc *d, config_node n);	// none, nothing written, or ~
unsigned config_doc_count(struct config_doc *d, config_node n); // items or pairs
config_node config_doc_item(struct config_doc *d, config_node n, unsigned i);
config_node config_doc_key(struct config_doc *d, config_node n, unsigned i);
config_node config_doc_value(struct config_doc *d, config_node n, unsigned i);
// A word that stands without quotes: what YAML's own words do.
bool config_doc_plain(struct config_doc *d, config_node n);
// For merges: nodes are 1 … count; a map's pairs may go, in place, and come behind the others.
unsigned config_doc_nodes(struct config_doc *d);
void config_doc_drop(struct config_doc *d, config_node map, unsigned i);
int config_doc_add(struct config_doc *d, config_node map, config_node key, config_node value);
config_node config_doc_get(struct config_doc *d, config_node n, const char *key); // first, or 0
