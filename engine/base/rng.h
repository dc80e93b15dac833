// A small seeded random source (xoshiro256**). The seed is logged wherever it decides anything,
// so that a decision can be replayed. rng_seed_os() draws a seed from the kernel.
#pragma once

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_seed_os(void);
uint64_t rng_u64(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t limit); // uniform in 0 … limit-1
