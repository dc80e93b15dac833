// Opus (RFC 6716) in RTP (RFC 7587) over libopus, mono.
//
// The RTP clock is 48 kHz whatever is coded; samples are had and given at 8 or 16 kHz, since a
// decoder for less than it was encoded with costs less: 20 ms in 6 µs at 8 kHz and 11 µs at 16.
// A packet says itself how long it is (2.5 to 120 ms) and nothing else about its length, so the
// payload stays opaque to whoever only relays it.
//
// Loss: the packet after a lost one may carry the lost sound once more, coarser (in-band FEC);
// else the decoder makes it up. DTX: in silence a sender sends nothing, or a packet of one or two
// bytes each 400 ms; what is asked for in between is comfort noise, by the same call as for loss.
#pragma once

#include "dsp/coder.h"

#define OPUS_CLOCK_PER_MS 48
#define OPUS_BITS_PER_S	  24000
#define OPUS_COMPLEXITY	  5
#define OPUS_TOC_CONFIG	  0xfc // of a payload's first byte: all but how many frames follow
#define OPUS_STORED_BYTES 60   // 20 ms of a prompt: every packet equally long, so found by time
#define OPUS_DTX_BYTES	  2    // a payload that is no longer only says that there is silence

extern const struct codec_coder opus_coder; // nothing in a build without libopus

// Whole milliseconds of a payload; 0: it is none.
uint32_t opus_payload_ms(const uint8_t *payload, uint32_t len);

// Of the decoder, beside codec_coder's. n samples, multiples of 2.5 ms up to 60 ms.
void opus_rx_lost(void *rx, int16_t *samples, uint32_t n); // made up; comfort noise in DTX
struct opus_next {
	const uint8_t *payload; // of the packet that follows
	uint32_t len;
};
// From what that packet tells of the sound before it; made up where it tells nothing.
void opus_rx_before(void *rx, int16_t *samples, uint32_t n, const struct opus_next *next);
