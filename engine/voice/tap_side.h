// One side of a recording: sound placed on the recording's time line and pushed into the tap.
//
// Sound lies where its timestamp says, so that jitter, disorder and backlogs of the network are
// none of the recording. Where a time line (judge.h) stands is measured by its packets' arrivals:
// the quickest ones of a second or two tell, since a packet may be late and never early. A packet
// lies from its arrival on; what both sides of a call said at one time lies at one place, to
// TAP_APART_MS each.
//
// A line is begun by the arrival of its first packet. When later ones show that it had been under
// way for longer, what was laid of it so far is moved back, up to TAP_MOVE_MS of it and never over
// what was there before. Later, as clocks drift apart or the way becomes another, sound is cut or
// silence put in between: in quiet sound from TAP_QUIET_MS on, in any from TAP_APART_MS on; silence
// that the side left itself is cut first. A
// backlog that is being caught up is neither: it has its place behind.
#pragma once

#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

#define TAP_APART_MS 8
#define TAP_QUIET_MS 4
#define TAP_MOVE_MS  1000

int tap_side_start(struct worker *w, struct session *s, const struct gate_record *r);
void tap_side_fetch(const struct worker *w, const struct session *s); // for its next packet
void tap_side_stop(struct worker *w, struct session *s);	      // its end goes out
// Sound as it arrived.
void tap_side_sound(struct worker *w, struct session *s, const struct rtp_packet *p);

// Where it goes through the ear first: a packet that arrived, ts in samples of 8 kHz, and the
// frame of a tick that leaves it, with the line and the timestamp that it has there. What was of
// another line before this one lies in front of it.
void tap_side_heard(struct worker *w, struct session *s, uint32_t line, uint32_t ts);
struct tap_frame_at {
	uint32_t line, ts;
};
struct tap_frame_at tap_side_at(struct worker *w, const struct session *s); // of the one pulled
void tap_side_frame(struct worker *w, struct session *s, const struct law_frame *f,
	const struct tap_frame_at *at);
void tap_side_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES],
	const struct tap_frame_at *at);
