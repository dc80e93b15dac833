// The stream that a session sends: one SSRC from open to close, whose sequence numbers and
// timestamps stay continuous whatever feeds it: the session's own clock (prompts, silence, tones,
// mixed sound), packets relayed from a peer, telephone-events of ours. Plain logic.
//
// Relayed packets keep their distances: gaps and reordering of the peer's network stay visible to
// the far end, whose own buffer knows best what to do. Where the feed changes, and where a peer's
// time line is another one, the stream is anchored: next sequence number, marker bit, and the
// timestamp that its own clock has reached, never behind what was sent. Where its numbers begin
// anew on the same line, ours go on and timestamps stay as they are.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/rtp/rtp.h"

enum rtp_feed { FEED_NONE, FEED_CLOCK, FEED_RELAY };

struct rtp_out { // the first 40 bytes are what a relayed packet touches
	uint32_t ssrc;
	uint32_t next_ts; // after all that was sent
	uint16_t next_seq;
	uint8_t feed : 3;  // enum rtp_feed
	uint8_t scale : 4; // timestamp units in one of 8 kHz
	bool started : 1;
	// of FEED_RELAY
	uint8_t relay_run;
	uint16_t seq_offset;
	uint16_t floor_seq; // oldest sequence number that may still be sent
	uint32_t ts_offset;
	uint32_t relay_line, relay_ts; // the peer's time line, its latest timestamp
	uint32_t relay_ms;	       // when that came
	uint32_t packets, bytes;       // payload bytes, as SR counts them
	uint32_t zero_ts;	       // timestamp of the clock's zero
	// of an event that is being relayed: its timestamp there and here
	uint32_t event_in_ts, event_out_ts;
	bool event_known;
	bool gave_way; // a packet did, to what the feed before had sent
};

void rtp_out_init(struct rtp_out *o, uint64_t random);
// The codec's clock, as codec_clock_scale says. A stream has one clock (RFC 7160 section 4.1): with
// another one a new SSRC begins.
void rtp_out_scale(struct rtp_out *o, uint32_t scale, uint64_t random);
// Another SSRC, as somebody else has ours (RFC 3550 section 8.2); numbers and times go on.
void rtp_out_renew(struct rtp_out *o, uint64_t random);
// Fill seq, ts, ssrc and marker of the next packet of `units`; payload and pt are the caller's.
// False: the first of a new feed, for whose time the stream has sound already; not to be sent.
bool rtp_out_clock(struct rtp_out *o, uint32_t units, uint64_t now_ns, struct rtp_packet *out);
// The stream is over a frame ahead of its clock: what is silent need not be sent.
bool rtp_out_ahead(const struct rtp_out *o, uint64_t now_ns);
// So much of the own clock's sound is silence that is not sent.
void rtp_out_skip(struct rtp_out *o, uint32_t units);
// Of a peer's packet that covers so many timestamp units, as it was judged (judge.h). False: older
// than the last change of feed, line or run, not to be sent.
bool rtp_out_relay(struct rtp_out *o, const struct rtp_packet *in, uint32_t units, uint64_t now_ns,
	struct rtp_packet *out);
// A telephone-event relayed from the peer, beside whatever feeds the stream.
bool rtp_out_relay_event(
	struct rtp_out *o, const struct rtp_packet *in, uint64_t now_ns, struct rtp_packet *out);
// A packet of an event of our own, which began at rtp_out_event_begin's timestamp.
uint32_t rtp_out_event_begin(struct rtp_out *o, uint64_t now_ns);
void rtp_out_event(struct rtp_out *o, uint32_t begin_ts, uint32_t units, struct rtp_packet *out);
// Nothing feeds it for a while: what comes next is anchored.
void rtp_out_pause(struct rtp_out *o);
// Another peer feeds it, whose lines are its own.
void rtp_out_refeed(struct rtp_out *o);
uint32_t rtp_out_ts(const struct rtp_out *o, uint64_t now_ns); // for SR

// --- what rtp_next.h shares ---

#define RTP_BEHIND_MAX 1000 // a relayed packet further behind than this is not reordered

static inline uint32_t rtp_later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0 ? a : b;
}

// The floor follows, or the number would wrap past it.
static inline void rtp_out_lift_floor(struct rtp_out *o, uint16_t seq)
{
	if ((uint16_t)(seq - o->floor_seq) > 2 * RTP_BEHIND_MAX)
		o->floor_seq = seq - RTP_BEHIND_MAX;
}
