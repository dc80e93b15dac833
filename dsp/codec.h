// The codecs, a row each. SDP, configuration, engine, benches and tests walk the table; adding a
// codec is its .c, its row here, its line in meson.build and one test.
//
// A codec is of one of two kinds. Where a byte of payload says all about its samples (G.711)
// encode and decode stand in its row. Where it depends on what went before, or is anything else
// than a law (G.722, Opus), a `struct codec_coder` says how much memory each direction wants and
// what is called with it; the caller owns the memory. Where 8 bytes are a millisecond the engine
// needs to know no more of it; what a payload of another length means it has to be told (Opus).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/coder.h"

// Those without state come first: id, name as in rtpmap (RFC 4855), static payload type (RFC 3551
// table 4) or -1, silence, encode, decode.
//
// Those with it: id, name, static payload type, clock of the RTP timestamp (G.722 says 8000 and
// means 16000), rate of the samples, bytes a millisecond (0: not constant), silence, channels that
// rtpmap names (0: none), coder.
#define CODEC_ROWS(LAW, CODER)                                                 \
	LAW(PCMU, "PCMU", 0, ULAW_SILENCE, g711_ulaw_encode, g711_ulaw_decode) \
	LAW(PCMA, "PCMA", 8, ALAW_SILENCE, g711_alaw_encode, g711_alaw_decode) \
	CODER(G722, "G722", 9, 8000, 16000, 8, G722_SILENCE, 0, g722_coder)    \
	CODER(OPUS, "opus", -1, 48000, 16000, 0, 0, 2, opus_coder)

enum codec_id {
	CODEC_NONE = 0,
#define LAW(id, ...)   CODEC_##id,
#define CODER(id, ...) CODEC_##id,
	CODEC_ROWS(LAW, CODER)
#undef LAW
#undef CODER
		CODEC_COUNT
};

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
	static const uint8_t scales[] = {1,
#define LAW(id, ...)			1,
#define CODER(id, name, pt, clock, ...) (clock) / 8000,
		CODEC_ROWS(LAW, CODER)
#undef LAW
#undef CODER
	};

	return scales[id];
}

// Its payload is 8 bytes a millisecond that mean something to its decoder alone; else it says
// itself how long it is, as Opus does.
static inline bool codec_in_octets(enum codec_id id)
{
	return id != CODEC_OPUS;
}
