// Sound and chance for the tests of dsp: sines, noise and a seeded random source.
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "dsp/frame.h"

static inline uint32_t chance_u32(uint64_t *state) // xorshift64*
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return (uint32_t)((x * 0x2545f4914f6cdd1dull) >> 32);
}

static inline uint32_t chance_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(((uint64_t)chance_u32(state) * limit) >> 32);
}

// The peak of a sine of this level: full scale is +3.14 dBm0.
static inline double sound_peak(double dbm0)
{
	return 32767 * pow(10, (dbm0 - 3.14) / 20);
}

// Adds a sine that starts at sample `at` of its own time line.
static inline void sound_sine(int16_t *samples, uint32_t n, uint64_t at, double hz, double dbm0)
{
	for (uint32_t i = 0; i < n; i++)
		samples[i] += (int16_t)lrint(
			sound_peak(dbm0) * sin(2 * M_PI * hz * (double)(at + i) / FRAME_RATE));
}

static inline void sound_noise(int16_t *samples, uint32_t n, uint64_t *state, int peak)
{
	for (uint32_t i = 0; i < n; i++)
		samples[i] = (int16_t)((int)chance_below(state, 2 * (uint32_t)peak + 1) - peak);
}

// Level of one frequency in samples, by correlation; exact over whole periods of it.
static inline double sound_level_at(const int16_t *samples, uint32_t n, double hz)
{
	double re = 0, im = 0;

	for (uint32_t i = 0; i < n; i++) {
		re += samples[i] * cos(2 * M_PI * hz * i / FRAME_RATE);
		im += samples[i] * sin(2 * M_PI * hz * i / FRAME_RATE);
	}
	return 20 * log10(2 * hypot(re, im) / n / 32767 + 1e-9) + 3.14;
}

static inline double sound_level(const int16_t *samples, uint32_t n)
{
	double energy = 0;

	for (uint32_t i = 0; i < n; i++)
		energy += (double)samples[i] * samples[i];
	return 10 * log10(2 * energy / n / 32767 / 32767 + 1e-9) + 3.14;
}
