// A tick of sound between jitter buffer and wire. What its bytes mean is in its type, so that
// nothing that takes one can be given another: octets of G.711, which are samples; octets of a
// codec like G.722, which mean something to its decoder alone; and tokens (dsp/jitter_packets.h),
// which say where sound of Opus lies and are never sound.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dsp/codec.h"
#include "dsp/frame.h"
#include "dsp/jitter_packets.h"

#define FRAME_WHOLE ((1u << TICK_MS) - 1) // every millisecond is present

struct frame_head {
	uint32_t present; // a bit per millisecond, as jitter_pull says
	bool over;	  // nothing for so long that there is nothing to conceal either
};

struct law_frame { // G.711
	struct frame_head head;
	uint8_t law; // enum codec_id: PCMU or PCMA
	uint8_t bytes[FRAME_BYTES];
};

struct codec_octets { // 20 ms of payload
	uint8_t bytes[FRAME_BYTES];
};

struct coded_frame { // of a session whose codec has state, as it lies in the jitter buffer
	struct frame_head head;
	enum codec_id codec; // says which
	union {
		struct codec_octets octets;
		struct jitter_tokens opus;
	};
};
