// The treap: weights are drawn, none below a node is heavier, so that no order of insertion makes
// it deep.
#include "engine/base/tree.h"

#include "engine/base/hash.h"

void tree_init(struct tree *t, tree_order_h *order)
{
	*t = (struct tree){.order = order};
}

static uint32_t count_of(const struct tree_node *n)
{
	return n ? n->count : 0;
}

static void recount(struct tree_node *n)
{
	n->count = 1 + count_of(n->left) + count_of(n->right);
}

// Where n hangs.
static struct tree_node **hook(struct tree *t, const struct tree_node *n)
{
	if (n->up == NULL)
		return &t->root;
	return n->up->left == n ? &n->up->left : &n->up->right;
}

// n takes the place of its parent, which goes below it; the order stays.
static void lift(struct tree *t, struct tree_node *n)
{
	struct tree_node *up = n->up, *moved;
	*hook(t, up) = n;
	n->up = up->up;
	if (up->left == n) {
		moved = up->left = n->right;
		n->right = up;
	} else {
		moved = up->right = n->left;
		n->left = up;
	}
	up->up = n;
	if (moved)
		moved->up = up;
	recount(up);
	recount(n);
}

void tree_insert(struct tree *t, struct tree_node *n)
{
	struct tree_node **at = &t->root, *up = NULL;
	while (*at != NULL) {
		up = *at;
		up->count++;
		at = t->order(n, up) < 0 ? &up->left : &up->right;
	}
	*n = (struct tree_node){.up = up, .count = 1, .weight = (uint32_t)hash_u64(++t->draw)};
	*at = n;
	while (n->up != NULL && n->weight > n->up->weight)
		lift(t, n);
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	while (n->left != NULL && n->right != NULL)
		lift(t, n->left->weight > n->right->weight ? n->left : n->right);
	struct tree_node *below = n->left ? n->left : n->right;
	*hook(t, n) = below;
	if (below)
		below->up = n->up;
	for (struct tree_node *up = n->up; up != NULL; up = up->up)
		up->count--;
	*n = (struct tree_node){0};
}

uint32_t tree_count(const struct tree *t)
{
	return count_of(t->root);
}

uint32_t tree_rank(const struct tree_node *n)
{
	uint32_t before = count_of(n->left);
	for (; n->up != NULL; n = n->up)
		if (n->up->right == n)
			before += 1 + count_of(n->up->left);
	return before;
}

struct tree_node *tree_first(const struct tree *t)
{
	struct tree_node *n = t->root;
	while (n != NULL && n->left != NULL)
		n = n->left;
	return n;
}

struct tree_node *tree_last(const struct tree *t)
{
	struct tree_node *n = t->root;
	while (n != NULL && n->right != NULL)
		n = n->right;
	return n;
}

struct tree_node *tree_next(const struct tree_node *n)
{
	if (n->right != NULL) {
		n = n->right;
		while (n->left != NULL)
			n = n->left;
		return (struct tree_node *)n;
	}
	while (n->up != NULL && n->up->right == n)
		n = n->up;
	return n->up;
}

struct tree_node *tree_seek(const struct tree *t, tree_seek_h *seek, const void *wanted)
{
	struct tree_node *found = NULL;
	for (struct tree_node *n = t->root; n != NULL;) {
		if (seek(n, wanted) < 0) {
			n = n->right;
		} else {
			found = n;
			n = n->left;
		}
	}
	return found;
}
