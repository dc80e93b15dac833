// What the gate's instruction sets share: the coefficients, the tests' limits, how they are told.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dsp/codec.h"

#define GATE_PAIRS 51  // of samples in a block of 102
#define GATE_SCALE 960 // of the coefficients: the loudest block just fits 32 bits

struct gate_table {
	// By pair of samples: 16 lanes of two coefficients, cosines of the 4 rows and 4 columns,
	// then their sines.
	_Alignas(64) int16_t pair[GATE_PAIRS][16][2];
	// SpanDSP's limits, relaxed; energies in units of the coefficients.
	float threshold, reverse_twist, normal_twist, relative_peak, total;
};

// block: the second of a pair, with at least 128 readable bytes from there on.
typedef bool gate_may_hit(const struct gate_table *t, const uint8_t *block, enum codec_id law);

gate_may_hit gate_may_hit_avx2, gate_may_hit_avx512;
