// In-band DTMF, received by SpanDSP's dtmf_rx and sent as dual tones (ITU-T Q.23, Q.24).
//
// Numbers (Q.24 and SpanDSP's own defaults): a digit lasts ≥ 40 ms, a pause ≥ 50 ms, normal twist
// ≤ 8 dB, reverse ≤ 4 dB, a frequency within ±1.5 % is taken (both off together: ±1.25 %), beyond
// ±3.5 % refused, save that 697 Hz alone may be 4 % low. SpanDSP looks at blocks of 102 samples and
// wants two in a row, so a begin is seen 25.5–38.25 ms in. docs/dtmf.md has the tables.
// The caller owns the state, which must not move while it is in use; set FTZ/DAZ in the calling
// thread, or digital silence costs 71 µs a frame in denormals.
#pragma once

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "dsp/frame.h"
#include "dsp/sine.h"

struct dtmf_rx;

struct dtmf_edge {	   // one change of what is heard
	char digit;	   // '0'-'9', 'A'-'D', '*', '#'
	bool begin;	   // false: it ended
	int8_t level_dbm0; // of the whole digit at its begin; 0 at its end
};

#define DTMF_BLOCK     102 // samples that the receiver looks at together
#define DTMF_EDGES_MAX 8   // in one frame of 20 ms: far more than blocks of 102 allow

size_t dtmf_rx_size(void);		  // bytes of state
struct dtmf_rx *dtmf_rx_start(void *mem); // no dial-tone filter
void dtmf_rx_reset(struct dtmf_rx *d);	  // forgets a digit in progress
// Any n; returns how many edges were written. A digit that follows another without a pause ends it.
uint32_t dtmf_rx_frame(struct dtmf_rx *d, const int16_t samples[], uint32_t n,
	struct dtmf_edge edges[DTMF_EDGES_MAX]);
char dtmf_rx_digit(const struct dtmf_rx *d); // the one that sounds now, or 0
// A digit sounds, or the last block may have been the first of one: at the end of a block false
// means that the receiver is as new.
bool dtmf_rx_busy(struct dtmf_rx *d);

#define DTMF_TX_MAX_DBM0 0 // both tones together just fit
#define DTMF_TX_MAX_MS	 8191

struct dtmf_tx {
	struct sine tone[2];
	uint16_t on_left, off_left; // samples
};

// level_dbm0 of the whole digit, e.g. -7, at most DTMF_TX_MAX_DBM0; durations in ms.
// 0 or -EINVAL: no such digit, or longer than DTMF_TX_MAX_MS.
int dtmf_tx_start(struct dtmf_tx *t, char digit, int level_dbm0, unsigned on_ms, unsigned off_ms);
// Adds the tone to samples (saturating); returns true while something is left to send.
bool dtmf_tx_mix(struct dtmf_tx *t, int16_t samples[], uint32_t n);
