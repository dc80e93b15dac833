// What the gate's instruction sets share: the coefficients, the tests' limits, how they are told.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dsp/codec.h"
#include "dsp/dtmf.h"

// A block is folded at its middle: of samples that lie as far from it on both sides, what they have
// in common goes with cosines and what tells them apart with sines, half as many of each. Samples
// are halved (G.711 has no odd ones), so that a sum of two fits 16 bits.
#define GATE_FOLDED (DTMF_BLOCK / 2)
#define GATE_PAIRS  26	 // of folded samples, the last one half empty
#define GATE_SCALE  1310 // of the coefficients: the loudest block just fits 32 bits
#define GATE_POWER  (GATE_SCALE / 2.0 * (GATE_SCALE / 2.0))

struct gate_table {
	// By pair: 16 lanes of two coefficients, cosine and sine of each row and each column.
	_Alignas(64) int16_t pair[GATE_PAIRS][16][2];
	// SpanDSP's limits, relaxed; energies in units of the coefficients.
	float threshold, reverse_twist, normal_twist, relative_peak, total;
};

struct dtmf_block {	     // the second of a pair
	const uint8_t *kept; // its first bytes
	uint32_t have;	     // so many of them
	const uint8_t *rest;
};

typedef bool gate_may_hit(
	const struct gate_table *t, const struct dtmf_block *block, enum codec_id law);

gate_may_hit gate_may_hit_avx2, gate_may_hit_avx512;
