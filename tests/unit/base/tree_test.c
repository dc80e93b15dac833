// The ordered tree: against a sorted array, and how few steps it takes.
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "engine/base/dlist.h"
#include "engine/base/rng.h"
#include "engine/base/tree.h"

#define ITEMS 50000

struct item {
	struct tree_node node;
	uint32_t key;
	bool in;
};

static struct item items[ITEMS];
static unsigned compared;

static int order(const struct tree_node *a, const struct tree_node *b)
{
	uint32_t x = container_of(a, const struct item, node)->key;
	uint32_t y = container_of(b, const struct item, node)->key;

	compared++;
	return x < y ? -1 : x > y;
}

static int seek(const struct tree_node *n, const void *wanted)
{
	uint32_t x = container_of(n, const struct item, node)->key, y = *(const uint32_t *)wanted;

	return x < y ? -1 : x > y;
}

// Ranks, links and counts as of a walk; the heap's order and the way up as of the links.
static void judge(const struct tree *t, unsigned count)
{
	unsigned rank = 0;
	const struct item *before = NULL;

	for (struct tree_node *n = tree_first(t); n; n = tree_next(n)) {
		const struct item *it = container_of(n, const struct item, node);
		ck_assert(it->in);
		ck_assert_uint_eq(tree_rank(n), rank++);
		if (before)
			ck_assert_uint_le(before->key, it->key);
		if (n->up) {
			ck_assert(n->up->left == n || n->up->right == n);
			ck_assert_uint_ge(n->up->weight, n->weight);
		}
		before = it;
	}
	ck_assert_uint_eq(rank, count);
	ck_assert_uint_eq(tree_count(t), count);
}

START_TEST(in_order_whatever_comes_and_goes)
{
	struct tree t;
	struct rng rng;
	unsigned count = 0;

	memset(items, 0, sizeof(items));
	rng_seed(&rng, 7);
	tree_init(&t, order);
	ck_assert_ptr_null(tree_first(&t));
	ck_assert_ptr_null(tree_last(&t));
	for (unsigned i = 0; i < 4000; i++) {
		struct item *it = &items[rng_below(&rng, 500)];
		if (it->in) {
			tree_remove(&t, &it->node);
			ck_assert_ptr_null(it->node.up);
		} else {
			it->key = rng_below(&rng, 300); // equal ones among them
			tree_insert(&t, &it->node);
		}
		it->in = !it->in;
		count += it->in ? 1 : -1;
		if (i % 16 == 0)
			judge(&t, count);
	}
	judge(&t, count);
}
END_TEST

START_TEST(equals_stand_in_the_order_of_coming)
{
	struct tree t;
	unsigned i = 0;

	memset(items, 0, sizeof(items));
	tree_init(&t, order);
	for (unsigned k = 0; k < 100; k++)
		tree_insert(&t, &items[k].node);
	for (struct tree_node *n = tree_first(&t); n; n = tree_next(n))
		ck_assert_ptr_eq(n, &items[i++].node);
	ck_assert_ptr_eq(tree_last(&t), &items[99].node);
}
END_TEST

START_TEST(found_by_key)
{
	struct tree t;

	memset(items, 0, sizeof(items));
	tree_init(&t, order);
	for (uint32_t k = 0; k < 1000; k++) {
		items[k].key = k * 7919 % 1000 * 2;
		tree_insert(&t, &items[k].node);
	}
	for (uint32_t k = 0; k < 1999; k++) {
		struct tree_node *n = tree_seek(&t, seek, &k);
		ck_assert_uint_eq(container_of(n, struct item, node)->key, (k + 1) / 2 * 2);
	}
	ck_assert_ptr_null(tree_seek(&t, seek, &(uint32_t){1999}));
}
END_TEST

// Sorted, which is how callers join, reversed, and at random.
START_TEST(few_steps)
{
	struct tree t;
	struct rng rng;

	rng_seed(&rng, 3);
	for (unsigned way = 0; way < 3; way++) {
		unsigned steps = 0;
		memset(items, 0, sizeof(items));
		tree_init(&t, order);
		compared = 0;
		for (uint32_t k = 0; k < ITEMS; k++) {
			items[k].key = way == 0 ? k
				: way == 1	? ITEMS - k
						: (uint32_t)rng_u64(&rng);
			tree_insert(&t, &items[k].node);
		}
		ck_assert_uint_le(compared, ITEMS * 40);
		for (uint32_t k = 0; k < ITEMS; k++)
			for (struct tree_node *n = &items[k].node; n->up; n = n->up)
				steps++;
		ck_assert_uint_le(steps, ITEMS * 40); // the mean; log2 of ITEMS is under 16
	}
}
END_TEST

UNIT_MAIN("tree", in_order_whatever_comes_and_goes, equals_stand_in_the_order_of_coming,
	found_by_key, few_steps)
