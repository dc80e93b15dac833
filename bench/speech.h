// Speech for benches: Debian's prompts (asterisk-core-sounds-en-wav) as one long G.711 stream.
#pragma once

#include <stdint.h>

#include "dsp/codec.h"

struct speech {
	uint8_t *bytes; // malloc'd
	uint32_t count;
	uint32_t files;
};

// Reads up to `most` bytes of sound. Without the package it is made up of modulated noise, and
// files is 0. 0 or -ENOMEM.
int speech_load(struct speech *s, enum codec_id law, uint32_t most);
// Many times as much, no passage twice alike: files' worth of it in another order each time, each
// piece at its own level (-12 … +3 dB) and pitch (0.8 … 1.25). s is what speech_load read. 0 or
// -ENOMEM.
int speech_vary(struct speech *out, const struct speech *s, uint32_t bytes, uint64_t seed);
void speech_free(struct speech *s);
