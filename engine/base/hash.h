// A chained hash table of intrusive nodes: the owner embeds hash_node, nothing is copied.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_node {
	struct hash_node *next;
	uint64_t hash;
};

struct hash {
	struct hash_node **buckets; // owned
	uint32_t mask;
	uint32_t count;
};

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed); // not for hostile keys unseeded
uint64_t hash_str(const char *s, uint64_t seed);
uint64_t hash_u64(uint64_t x); // splitmix64's finalizer

int hash_init(struct hash *h, uint32_t buckets); // rounded up to a power of two; 0 or -ENOMEM
void hash_fini(struct hash *h);			 // the nodes stay the owner's
void hash_insert(struct hash *h, struct hash_node *n, uint64_t hash); // grows itself at load 1
void hash_remove(struct hash *h, struct hash_node *n);
// First node with this hash, or NULL; walk on with hash_next and compare keys yourself.
struct hash_node *hash_first(const struct hash *h, uint64_t hash);
struct hash_node *hash_next(const struct hash_node *n);
// Where it would be looked for; by whoever has something else to do before.
static inline void hash_prefetch(const struct hash *h, uint64_t hash)
{
	__builtin_prefetch(&h->buckets[hash & h->mask]);
}
