// The hash table: growth, equal hashes, removal; the hash functions' spread.
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "engine/base/dlist.h"
#include "engine/base/hash.h"

struct item {
	struct hash_node node;
	uint32_t key;
};

#define ITEMS 5000

static struct item items[ITEMS];

// Only 1,000 different hashes, so that each is shared by five keys.
static uint64_t hash_of(uint32_t key)
{
	return hash_u64(key % 1000);
}

static struct item *find(const struct hash *h, uint32_t key)
{
	for (struct hash_node *n = hash_first(h, hash_of(key)); n; n = hash_next(n)) {
		struct item *it = container_of(n, struct item, node);

		if (it->key == key)
			return it;
	}
	return NULL;
}

START_TEST(grown_table_finds_each_key)
{
	struct hash h;

	ck_assert_int_eq(hash_init(&h, 3), 0);
	ck_assert_uint_eq(h.mask, 3);
	for (uint32_t i = 0; i < ITEMS; i++) {
		items[i].key = i;
		hash_insert(&h, &items[i].node, hash_of(i));
	}
	ck_assert_uint_eq(h.count, ITEMS);
	ck_assert_uint_eq(h.mask, 8191);
	for (uint32_t i = 0; i < ITEMS; i++)
		ck_assert_ptr_eq(find(&h, i), &items[i]);
	ck_assert_ptr_null(find(&h, ITEMS));
	hash_fini(&h);
}
END_TEST

START_TEST(removed_keys_are_gone_and_others_stay)
{
	struct hash h;

	ck_assert_int_eq(hash_init(&h, 1), 0);
	for (uint32_t i = 0; i < ITEMS; i++) {
		items[i].key = i;
		hash_insert(&h, &items[i].node, hash_of(i));
	}
	for (uint32_t i = 0; i < ITEMS; i += 3)
		hash_remove(&h, &items[i].node);
	for (uint32_t i = 0; i < ITEMS; i++)
		ck_assert_ptr_eq(find(&h, i), i % 3 ? &items[i] : NULL);
	ck_assert_uint_eq(h.count, ITEMS - (ITEMS + 2) / 3);
	hash_fini(&h);
}
END_TEST

START_TEST(each_byte_counts_and_so_does_the_seed)
{
	char text[40];
	uint64_t plain;

	memset(text, 'a', sizeof(text));
	plain = hash_bytes(text, sizeof(text), 7);
	ck_assert_uint_eq(hash_bytes(text, sizeof(text), 7), plain);
	ck_assert_uint_ne(hash_bytes(text, sizeof(text), 8), plain);
	ck_assert_uint_ne(hash_bytes(text, sizeof(text) - 1, 7), plain);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = 'b';
		ck_assert_uint_ne(hash_bytes(text, sizeof(text), 7), plain);
		text[i] = 'a';
	}
	ck_assert_uint_eq(hash_str("abc", 1), hash_bytes("abc", 3, 1));
	ck_assert_uint_ne(hash_bytes("\0", 1, 0), hash_bytes("\0\0", 2, 0));
}
END_TEST

START_TEST(small_numbers_fill_the_buckets_evenly)
{
	unsigned buckets[256] = {0}, most = 0;

	for (uint64_t i = 0; i < 256 * 64; i++)
		buckets[hash_u64(i) & 255]++;
	for (unsigned i = 0; i < 256; i++)
		most = buckets[i] > most ? buckets[i] : most;
	ck_assert_uint_lt(most, 64 + 6 * 8); // mean 64, standard deviation 8
}
END_TEST

UNIT_MAIN("hash", grown_table_finds_each_key, removed_keys_are_gone_and_others_stay,
	each_byte_counts_and_so_does_the_seed, small_numbers_fill_the_buckets_evenly)
