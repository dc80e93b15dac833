// The hash table and the hash functions.
#include "engine/base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"

uint64_t hash_u64(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = seed ^ (len * 0x9e3779b97f4a7c15ull), word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = hash_u64(h ^ word);
	}
	word = 0;
	if (len) // nothing may be at NULL
		memcpy(&word, p, len);
	return hash_u64(h ^ word);
}

uint64_t hash_str(const char *s, uint64_t seed)
{
	return hash_bytes(s, strlen(s), seed);
}

int hash_init(struct hash *h, uint32_t buckets)
{
	uint32_t n = 1;

	check(buckets <= 1u << 31);
	while (n < buckets)
		n <<= 1;
	h->buckets = calloc(n, sizeof(*h->buckets));
	if (!h->buckets)
		return -ENOMEM;
	h->mask = n - 1;
	h->count = 0;
	return 0;
}

void hash_fini(struct hash *h)
{
	free(h->buckets);
	*h = (struct hash){0};
}

static void hash_link(struct hash *h, struct hash_node *n)
{
	struct hash_node **bucket = &h->buckets[n->hash & h->mask];

	n->next = *bucket;
	*bucket = n;
}

// Without memory for more buckets the table goes on, only slower.
static void hash_grow(struct hash *h)
{
	struct hash_node **old = h->buckets;
	uint32_t old_mask = h->mask;

	if (h->mask >= UINT32_MAX / 2)
		return;
	h->buckets = calloc((size_t)(h->mask + 1) * 2, sizeof(*h->buckets));
	if (!h->buckets) {
		h->buckets = old;
		return;
	}
	h->mask = h->mask * 2 + 1;
	for (uint32_t i = 0; i <= old_mask; i++) {
		for (struct hash_node *n = old[i], *next; n; n = next) {
			next = n->next;
			hash_link(h, n);
		}
	}
	free(old);
}

void hash_insert(struct hash *h, struct hash_node *n, uint64_t hash)
{
	if (h->count > h->mask)
		hash_grow(h);
	n->hash = hash;
	hash_link(h, n);
	h->count++;
}

void hash_remove(struct hash *h, struct hash_node *n)
{
	struct hash_node **at = &h->buckets[n->hash & h->mask];

	while (*at && *at != n)
		at = &(*at)->next;
	check(*at == n);
	*at = n->next;
	n->next = NULL;
	h->count--;
}

struct hash_node *hash_first(const struct hash *h, uint64_t hash)
{
	struct hash_node *n = h->buckets[hash & h->mask];

	while (n && n->hash != hash)
		n = n->next;
	return n;
}

struct hash_node *hash_next(const struct hash_node *n)
{
	struct hash_node *next = n->next;

	while (next && next->hash != n->hash)
		next = next->next;
	return next;
}
