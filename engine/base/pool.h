// A fixed pool of indices with generations: a stale handle is recognised, never followed.
// Freed slots go to the end of a FIFO, so that a slot rests as long as possible before its
// next owner. Not thread-safe: one owner.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

struct pool {
	uint32_t *next;	      // owned: FIFO of free slots, linked by index
	uint32_t *generation; // owned: odd while the slot is taken
	uint32_t head, tail;  // first and last free slot, POOL_NONE when full
	uint32_t slots, used;
};

int pool_init(struct pool *p, uint32_t slots); // 0 or -ENOMEM
void pool_fini(struct pool *p);
uint32_t pool_take(struct pool *p); // slot or POOL_NONE
void pool_give(struct pool *p, uint32_t slot);
static inline uint32_t pool_generation(const struct pool *p, uint32_t slot)
{
	return p->generation[slot];
}
static inline bool pool_valid(const struct pool *p, uint32_t slot, uint32_t generation)
{
	return slot < p->slots && p->generation[slot] == generation && (generation & 1);
}
