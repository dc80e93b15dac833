// The codecs, as one const table. SDP, configuration, benches and tests walk it; adding a codec
// is its .c, one line in codec.c, one line in meson.build and one test.
//
// A codec is of one of two kinds. Where a byte of payload says all about its samples (G.711)
// encode and decode stand in the table. Where it depends on what went before (G.722, Opus) `coder`
// says how much memory each direction wants and what is called with it; the caller owns the memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/coder.h"

// Those without state come first.
enum codec_id { CODEC_NONE = 0, CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS, CODEC_COUNT };

struct codec {
	enum codec_id id;
	const char *name;     // as in rtpmap (RFC 4855): "PCMU"
	int8_t static_pt;     // RFC 3551 table 4, or -1 when dynamic
	uint32_t clock_hz;    // of the RTP timestamp (G.722 says 8000 and means 16000)
	uint32_t rate_hz;     // of the samples
	uint8_t bytes_per_ms; // constant bit rate; 0 when variable
	uint8_t silence;      // the byte that is silence on the wire
	// Sound to payload and back. len and n are bytes and samples; both return what they wrote.
	// NULL where there is a coder.
	uint32_t (*encode)(uint8_t *payload, const int16_t *samples, uint32_t n);
	uint32_t (*decode)(int16_t *samples, const uint8_t *payload, uint32_t len);
	const struct codec_coder *coder; // NULL: no state
	uint8_t channels;		 // that rtpmap names, 0: none
};

// NULL for NONE, out of range, and what this build does without.
const struct codec *codec_get(enum codec_id id);
const struct codec *codec_by_name(const char *name); // case-insensitive, NULL if unknown
const struct codec *codec_by_static_pt(uint8_t pt);  // NULL if none

static inline bool codec_has_state(enum codec_id id)
{
	return id > CODEC_PCMA;
}

// RTP timestamp units in one of 8 kHz.
static inline uint32_t codec_clock_scale(enum codec_id id)
{
	return id == CODEC_OPUS ? 6 : 1;
}
