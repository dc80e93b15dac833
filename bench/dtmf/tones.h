// Cheap seeded sound for proofs of the DTMF receiver: added up in floats, limited at the end.
// Loops are simple enough for the compiler's vectors: a second of a tone costs some 4 µs.
#pragma once

#include <stdint.h>

#include "engine/base/rng.h"

struct oscillator {
	uint32_t phase, step; // of 2^32 a turn
	float peak;
};

static inline double rng_between(struct rng *r, double from, double to)
{
	return from + (to - from) * (double)(rng_u64(r) >> 11) / 9007199254740992.0;
}

float tones_peak(double dbm0); // of a sine
void oscillator_set(struct oscillator *o, double hz, double dbm0);
// All of these add to x.
void tones_sine(struct oscillator *o, float x[], uint32_t n);
// White, nearly normal; level in dBm0.
void tones_noise(float x[], uint32_t n, double dbm0, struct rng *r);
// To int16, clipped at full scale.
void tones_limit(int16_t out[], const float x[], uint32_t n, float gain);
void tones_gain(int16_t out[], const int16_t in[], uint32_t n, float gain);
