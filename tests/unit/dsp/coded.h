// Sound for the tests of codecs with state, at any rate, and how alike two sounds are.
#pragma once

#include <math.h>
#include <stdint.h>

// Something like a voice: harmonics of a pitch that moves, in syllables. 0 … n-1 of its time line.
static inline void coded_voice(int16_t *samples, uint32_t n, uint32_t rate_hz)
{
	for (uint32_t i = 0; i < n; i++) {
		double t = (double)i / rate_hz, x = 0;

		for (int h = 3; h <= 20; h++) // from 390 Hz on, as a telephone has it
			x += sin(2 * M_PI * h * (130 * t + 4 * sin(2 * M_PI * 0.7 * t))) / h;
		samples[i] = (int16_t)(6000 * x * (0.55 + 0.45 * sin(2 * M_PI * 3.1 * t)));
	}
}

// The best correlation of a with what b was up to `most` samples before; *delay: how many.
static inline double coded_likeness(
	const int16_t *a, const int16_t *b, uint32_t n, uint32_t most, uint32_t *delay)
{
	double best = -1;

	for (uint32_t d = 0; d <= most; d++) {
		double ab = 0, aa = 0, bb = 0;

		for (uint32_t i = most; i < n; i++) {
			ab += (double)a[i] * b[i - d];
			aa += (double)a[i] * a[i];
			bb += (double)b[i - d] * b[i - d];
		}
		double r = ab / sqrt(aa * bb + 1);
		if (r > best) {
			best = r;
			*delay = d;
		}
	}
	return best;
}
