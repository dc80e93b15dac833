// What the gate is proved on beside speech: ten seconds of seeded sound by kind and number.
//
// Digits are swept over the limits of ITU-T Q.24, one fault at a time being drawn close to an edge
// of the receiver and the rest from where a digit is usually good; where everything is drawn at
// once hardly anything is a digit and no edge is looked at closely.
#pragma once

#include <stdint.h>

#include "bench/dtmf/tones.h"
#include "dsp/codec.h"

#define SOUND_SAMPLES 80000

enum sound_kind {
	SOUND_FREQUENCY,   // digits, both frequencies up to ±4 % off
	SOUND_TWIST,	   // digits, column over row -11 … +7 dB
	SOUND_TIMES,	   // digits, on 20 … 60 ms, off 0 … 60 ms
	SOUND_NOISE_RATIO, // digits in noise, signal to noise 0 … 30 dB
	SOUND_LEVEL,	   // digits, each tone -47 … -38 dBm0, or 0 dBm0 and over
	SOUND_INTERFERED,  // digits with a third tone
	SOUND_ALL_FAULTS,  // digits, everything drawn at once
	SOUND_NOISE,
	SOUND_TONES,   // E.180 and national sets, single and dual tones of any frequency
	SOUND_CHORDS,  // music: notes with overtones
	SOUND_CLIPPED, // any of the above driven up to 18 dB over full scale
	SOUND_KINDS
};

struct sound {
	float mix[SOUND_SAMPLES]; // scratch
	int16_t samples[SOUND_SAMPLES];
};

struct press {			    // one digit
	double row_off, column_off; // of 1
	double twist_db;	    // column over row
	double dbm0;		    // of the stronger tone
	double on_ms, off_ms;
};

#define PRESS_KEYS "123A456B789C*0#D"

// Adds the key-th of PRESS_KEYS at that sample, each tone at any phase.
void sound_press(struct sound *s, uint32_t at, uint32_t key, const struct press *p, struct rng *r);
const char *sound_name(enum sound_kind kind);
void sound_make(struct sound *s, enum sound_kind kind, struct rng *r); // fills samples
