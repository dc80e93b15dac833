// In-band DTMF, received by SpanDSP's dtmf_rx and sent as dual tones (ITU-T Q.23, Q.24).
//
// Numbers (Q.24 and SpanDSP's own defaults): a digit lasts ≥ 40 ms, a pause ≥ 50 ms, normal twist
// ≤ 8 dB, reverse ≤ 4 dB, frequencies within ±1.5 % are taken, beyond ±3.5 % refused. SpanDSP
// looks at blocks of 102 samples and wants two in a row, so a begin is seen 25.5–38.25 ms in.
// The caller owns the state; set FTZ/DAZ in the calling thread, or digital silence costs 71 µs a
// frame in denormals.
#pragma once

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "dsp/frame.h"

struct dtmf_rx;

struct dtmf_edge {  // one change of what is heard
	char digit; // '0'-'9', 'A'-'D', '*', '#'
	bool begin; // false: it ended
	int8_t level_dbm0;
};

#define DTMF_EDGES_MAX 8 // in one frame of 20 ms: far more than blocks of 102 allow

size_t dtmf_rx_size(void);		  // bytes of state
struct dtmf_rx *dtmf_rx_start(void *mem); // no dial-tone filter
void dtmf_rx_reset(struct dtmf_rx *d);	  // forgets a digit in progress
// Returns how many edges were written.
uint32_t dtmf_rx_frame(struct dtmf_rx *d, const int16_t samples[], uint32_t n,
	struct dtmf_edge edges[DTMF_EDGES_MAX]);
char dtmf_rx_digit(const struct dtmf_rx *d); // the one that sounds now, or 0

struct dtmf_tx {
	uint32_t phase[2], step[2];
	int16_t gain[2];
	uint32_t on_left, off_left; // samples
};

// level_dbm0 of the whole digit, e.g. -7; durations in ms. Unknown digits: -EINVAL.
int dtmf_tx_start(struct dtmf_tx *t, char digit, int level_dbm0, unsigned on_ms, unsigned off_ms);
// Adds the tone to samples (saturating); returns true while something is left to send.
bool dtmf_tx_mix(struct dtmf_tx *t, int16_t samples[], uint32_t n);
