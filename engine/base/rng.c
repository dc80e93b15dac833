// xoshiro256** by Blackman and Vigna (2018), seeded through splitmix64 as they advise.
#include "engine/base/rng.h"

#include <sys/random.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

void rng_seed(struct rng *r, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++) {
		seed += 0x9e3779b97f4a7c15ull;
		r->s[i] = hash_u64(seed);
	}
}

uint64_t rng_seed_os(void)
{
	uint64_t seed;

	// Up to 256 bytes are never cut nor interrupted once the kernel's source is ready.
	check(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
	return seed;
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t out = rotate_left(r->s[1] * 5, 7) * 9;
	uint64_t t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rotate_left(r->s[3], 45);
	return out;
}

// The high half of a 32 x 32 product; low halves below 2^32 mod limit are drawn again, which
// makes every result equally likely.
uint32_t rng_below(struct rng *r, uint32_t limit)
{
	check(limit > 0);
	uint32_t unfair = -limit % limit;
	uint64_t product;

	do {
		product = (rng_u64(r) >> 32) * limit;
	} while ((uint32_t)product < unfair);
	return (uint32_t)(product >> 32);
}
