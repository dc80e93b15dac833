// One oscillator, shared by the tone generators: a phase of 32 bits and a polynomial.
// Harmonics and noise lie below what 16-bit samples can show.
#pragma once

#include <stdint.h>

struct sine {
	uint32_t phase, step; // of 2^32 a turn
	float peak;
};

void sine_start(struct sine *s, float hz, float level_dbm0);
// Adds to samples, saturating.
void sine_mix(struct sine *s, int16_t samples[], uint32_t n);
