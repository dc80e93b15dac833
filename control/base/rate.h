// A token bucket. Pure arithmetic; time goes in, in milliseconds of any clock that never goes back.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rate { // zeroed: full
	uint64_t last_ms;
	uint64_t thousandths; // of tokens
	bool begun;
};

// With room for one second's tokens.
bool rate_take(struct rate *r, unsigned per_s, uint64_t now_ms);
// With room for so many; per_s not 0.
bool rate_take_burst(struct rate *r, unsigned per_s, unsigned burst, uint64_t now_ms);
// Whether it is as a new one would be.
bool rate_full(struct rate *r, unsigned per_s, unsigned burst, uint64_t now_ms);
