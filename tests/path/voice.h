// Far ends that speak and hear in a codec of their own. What they heard is decoded by ffmpeg, which
// knows nothing of ours.
#pragma once

#include "tests/path/stage.h"

#define VOICE_MAX (12 * 8000) // samples

struct voice {
	enum far far;
	const struct codec *codec;
	struct gate_remote remote;
	struct talker talker;
	unsigned ms; // of a packet
	uint32_t said, count;
	uint32_t lost_each; // packets: that many, one is lost; 0: none
	uint32_t packets;
	const int16_t *samples;
	_Alignas(64) uint8_t tx[65536];
};

// It will say n samples of 8 kHz in packets of ms.
struct voice_of {
	const int16_t *samples;
	uint32_t n;
	uint64_t at_ms;
	struct codec_tx tx; // of codecs with state; rate_hz is 8,000
};
void voice_init(struct voice *v, enum far far, enum codec_id codec, unsigned ms);
void voice_speak(struct voice *v, const struct voice_of *what);
void voices_gen(struct voice *const v[], unsigned n); // all of them at once, into the input
// Digits as events behind what it said, and nothing beside them.
void voice_type(struct voice *v, const char *digits, unsigned on_ms, unsigned off_ms);
void voice_connect(struct voice *v, unsigned flags); // REMOTE, with flags of gate_remote_flag

// All that a far end got, decoded to 8 kHz. Packets are put at the place of their timestamp, gaps
// are as the decoder makes them up. Returns samples.
uint32_t voice_heard(const struct voice *v, int16_t out[VOICE_MAX]);
// DTMF digits in samples, by multimon-ng.
const char *voice_digits(const int16_t *samples, uint32_t n);
