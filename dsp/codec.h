// The codecs, as one const table. SDP, configuration, benches and tests walk it; adding a codec
// is its .c, one line in codec.c, one line in meson.build and one test.
#pragma once

#include <stdint.h>

enum codec_id { CODEC_NONE = 0, CODEC_PCMU, CODEC_PCMA, CODEC_COUNT };

#define CODEC_PAYLOAD_MAX 480 // bytes: 60 ms of G.711

struct codec {
	enum codec_id id;
	const char *name;     // as in rtpmap (RFC 4855): "PCMU"
	int8_t static_pt;     // RFC 3551 table 4, or -1 when dynamic
	uint32_t clock_hz;    // of the RTP timestamp (G.722 says 8000 and means 16000)
	uint32_t rate_hz;     // of the samples
	uint8_t bytes_per_ms; // constant bit rate; 0 when variable
	uint8_t silence;      // the byte that is silence on the wire
	// Sound to payload and back. len and n are bytes and samples; both return what they wrote.
	uint32_t (*encode)(uint8_t *payload, const int16_t *samples, uint32_t n);
	uint32_t (*decode)(int16_t *samples, const uint8_t *payload, uint32_t len);
};

const struct codec *codec_get(enum codec_id id);     // NULL for NONE and out of range
const struct codec *codec_by_name(const char *name); // case-insensitive, NULL if unknown
const struct codec *codec_by_static_pt(uint8_t pt);  // NULL if none
