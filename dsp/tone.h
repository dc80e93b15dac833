// Call-progress tones: what a caller hears while nobody speaks.
//
// Frequencies and cadences are one const table: the 425 Hz set that ITU-T E.180 recommends, the
// Chinese 450 Hz set of GB/T 3380, and the North American dual tones. E.180 asks for a level of
// -10 ± 5 dBm0. Every tone begins with sound and repeats its cadence until it is stopped; each
// burst begins at phase zero.
#pragma once

#include <stdint.h>

#include "dsp/sine.h"

enum tone_id {
	TONE_NONE = 0,
	TONE_E180_DIAL,
	TONE_E180_RINGBACK,
	TONE_E180_BUSY,
	TONE_E180_CONGESTION,
	TONE_E180_INFORMATION, // the special information tone: three notes and a pause
	TONE_CN_DIAL,
	TONE_CN_RINGBACK,
	TONE_CN_BUSY,
	TONE_CN_CONGESTION,
	TONE_CN_WAITING,
	TONE_CN_UNOBTAINABLE,
	TONE_US_DIAL,
	TONE_US_RINGBACK,
	TONE_US_BUSY,
	TONE_US_CONGESTION,
	TONE_COUNT
};

#define TONE_DBM0 (-10) // a usual level

struct tone {
	struct sine sine[2];
	enum tone_id id;
	int8_t level_dbm0;
	uint8_t step;  // of its cadence
	uint32_t left; // samples of that step
};

// level_dbm0 of all frequencies together, -60 … 0. 0 or -EINVAL: no such tone.
int tone_start(struct tone *t, enum tone_id id, int level_dbm0);
// Adds the tone to samples (saturating) and moves on; does nothing after a failed start.
void tone_mix(struct tone *t, int16_t samples[], uint32_t n);
const char *tone_name(enum tone_id id); // NULL if there is none
