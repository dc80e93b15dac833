// The end of a bridge that is fed: sound and events of `from` on their way out at s, where that is
// who feeds it, and nothing of the session's own is being sent.
#pragma once

#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

struct fed {
	struct worker *w;
	struct session *s;
	gate_session from;
};

void fed_packet(const struct fed *f, const struct rtp_packet *p, enum codec_id codec);
void fed_law(const struct fed *f, const uint8_t bytes[FRAME_BYTES], enum codec_id law);
void fed_octets(const struct fed *f, const struct codec_octets *octets, enum codec_id codec);
void fed_samples(const struct fed *f, const int16_t samples[FRAME_SAMPLES]);
// begun: the digit whose first packet it is, else 0.
void fed_event(const struct fed *f, const struct rtp_packet *p, char begun);
