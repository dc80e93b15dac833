// One channel heard twice, by SpanDSP's receiver and by the same behind the gate, and compared
// frame by frame: edges with digit and level, and the digit that sounds.
#pragma once

#include <stdint.h>

#include "dsp/dtmf_gate.h"
#include "engine/base/rng.h"

struct pair_tally {
	uint64_t frames, digits;
	uint64_t differences; // frames
	uint64_t passed;      // samples that the gate let through to the receiver
};

struct pair {
	const char *corpus; // for reports of differences
	uint64_t item;
	enum codec_id law;
	double loss; // share of frames that are missing, whole or in part, alone or in a burst
	struct pair_tally tally;
	_Alignas(64) uint8_t gate[2048];
	_Alignas(64) uint8_t plain[2048];
};

#define PAIR_SAMPLES_MAX 80000

// One call: sound of at most PAIR_SAMPLES_MAX samples is encoded, and both hear its whole frames.
// What is missing is left out for both, and a hole of 100 ms begins anew, as in
// engine/voice/decode.c.
void pair_hear(struct pair *p, const int16_t samples[], uint32_t count, struct rng *r);
void pair_add(struct pair_tally *sum, const struct pair_tally *t);
// Denormals are zero in the calling thread, as in a worker: else silence costs 71 µs a frame.
void pair_thread_setup(void);
