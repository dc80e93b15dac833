// An ordered tree of intrusive nodes that knows each one's rank: the owner embeds tree_node,
// nothing is copied or allocated. A treap: insertion, removal, rank and search take O(log n) steps
// on average, whatever the order of insertion.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tree_node { // zeroed: in no tree
	struct tree_node *up, *left, *right;
	uint32_t count;	 // of itself and what is below
	uint32_t weight; // drawn; none below is heavier
};

// Below 0, 0 or above 0, as strcmp.
typedef int tree_order_h(const struct tree_node *a, const struct tree_node *b);
// Where a node stands to what is looked for: below 0 before it.
typedef int tree_seek_h(const struct tree_node *n, const void *wanted);

struct tree {
	struct tree_node *root;
	tree_order_h *order;
	uint64_t draw;
};

void tree_init(struct tree *t, tree_order_h *order);
void tree_insert(struct tree *t, struct tree_node *n); // behind its equals
void tree_remove(struct tree *t, struct tree_node *n); // zeroes it
uint32_t tree_count(const struct tree *t);
uint32_t tree_rank(const struct tree_node *n);	    // how many stand before it
struct tree_node *tree_first(const struct tree *t); // NULL: empty
struct tree_node *tree_last(const struct tree *t);
struct tree_node *tree_next(const struct tree_node *n); // NULL: it is the last
// The first that does not stand before what is wanted; NULL: none.
struct tree_node *tree_seek(const struct tree *t, tree_seek_h *seek, const void *wanted);
