// One side of a recording: payload that arrived, placed on the recording's time line and pushed
// into the tap.
//
// The first packet is placed by its arrival, those after it by their RTP timestamps, so that
// jitter of the network is no jitter of the recording. The time line is anchored by arrival again
// when the source changes, when its timestamp jumps against the clock, or when it has been off
// the clock by TAP_DRIFT_MS for TAP_DRIFT_PACKETS in a row (clocks drift apart; a burst after a
// stall of the network does not count).
#pragma once

#include "engine/rtp.h"
#include "engine/session_state.h"

#define TAP_DRIFT_MS	  200
#define TAP_DRIFT_PACKETS 25

int tap_side_start(struct worker *w, struct session *s, const struct gate_record *r);
void tap_side_fetch(const struct worker *w, const struct session *s); // for its next packet
void tap_side_stop(struct worker *w, struct session *s);	      // its end goes out
void tap_side_sound(struct worker *w, struct session *s, const struct rtp_packet *p);
// 20 ms of the session's own clock instead: a source of its own.
struct tap_samples {
	const int16_t *samples; // FRAME_SAMPLES
	uint32_t line, ts;
};
void tap_side_samples(struct worker *w, struct session *s, const struct tap_samples *f);
// The same of a frame out of the jitter buffer, where the codec has to be decoded.
void tap_side_frame(struct worker *w, struct session *s, const struct law_frame *f);
