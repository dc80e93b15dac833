// The jitter buffer's ring in bits, one a millisecond.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JITTER_MS  256 // reach of the ring
#define RING_WORDS (JITTER_MS / 64)

// n ≤ 64 bits of a ring bitmap from a position on.
static inline uint64_t bits_get(const uint64_t bits[], int64_t at, uint32_t n)
{
	uint32_t bit = at % 64, word = at / 64 % RING_WORDS;
	uint64_t value = bits[word] >> bit;

	if (bit)
		value |= bits[(word + 1) % RING_WORDS] << (64 - bit);
	return n < 64 ? value & ((1ull << n) - 1) : value;
}

static inline void bits_set(uint64_t bits[], int64_t at, uint32_t n, uint64_t value)
{
	uint32_t bit = at % 64, word = at / 64 % RING_WORDS, next = (word + 1) % RING_WORDS;
	uint64_t mask = n < 64 ? (1ull << n) - 1 : UINT64_MAX;

	bits[word] = (bits[word] & ~(mask << bit)) | value << bit;
	if (bit)
		bits[next] = (bits[next] & ~(mask >> (64 - bit))) | value >> (64 - bit);
}

// Any n up to the ring.
static inline bool bits_all(const uint64_t bits[], int64_t at, uint32_t n)
{
	for (uint32_t part; n > 0; at += part, n -= part) {
		part = n < 32 ? n : 32;
		if (bits_get(bits, at, part) != (1ull << part) - 1)
			return false;
	}
	return true;
}
