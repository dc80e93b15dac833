// RTP (RFC 3550): the fixed header read and written, and what is known of a stream received: loss
// after appendix A.3, interarrival jitter after A.8. What a packet is to its stream says judge.h.
// Plain logic: no session, no clock.
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/net/wire.h"

#define RTP_HEADER_BYTES 12
#define RTP_PAYLOAD_MAX	 1600 // bytes: 200 ms of 64 kbit/s (RFC 3551 section 4.2)

struct rtp_packet { // a view into a datagram
	const uint8_t *payload;
	uint32_t len; // of payload, padding taken off
	uint32_t ts, ssrc;
	uint16_t seq;
	uint8_t pt;
	bool marker;
	// As judged (judge.h); rtp_parse cannot know.
	uint8_t run;
	bool old; // has its place, is not passed on
	uint32_t line;
};

// CSRCs, header extension and padding are stepped over. 0, or -EINVAL: malformed.
int rtp_parse(const uint8_t *data, uint32_t len, struct rtp_packet *out);
// Returns the header's sum, as wire_sum says: to read again what was just written in other pieces
// would mean to wait until it has left the store buffer.
static inline uint64_t rtp_write_header(uint8_t out[RTP_HEADER_BYTES], const struct rtp_packet *p)
{
	uint32_t first = 0x80000000u | (uint32_t)p->marker << 23 | (uint32_t)p->pt << 16 | p->seq;
	uint64_t head = htobe64((uint64_t)first << 32 | p->ts);
	uint32_t ssrc = htobe32(p->ssrc);

	memcpy(out, &head, sizeof(head));
	memcpy(out + sizeof(head), &ssrc, sizeof(ssrc));
	return wire_carry(head, ssrc);
}

// RTCP that shares the RTP port is told by its second byte (RFC 5761 section 4).
static inline bool rtp_is_rtcp(const uint8_t *data, uint32_t len)
{
	return len > 1 && data[1] >= 192 && data[1] <= 223;
}

#define RTP_SEQ_MOD    65536u
#define RTP_JITTER_MAX (8000 * 60) // a jump of the timestamp is no jitter
#define RTP_HISTORY    64	   // sequence numbers back to which a duplicate is recognised

struct rtp_rx {		  // what is before base_seq is what a packet in order touches
	uint64_t history; // bit n: max_seq - n was received
	uint32_t ssrc;
	uint16_t max_seq;
	uint8_t run;	  // of sequence numbers
	bool running : 1; // a packet has come
	bool transit_known : 1;
	bool timed : 1;		// end_ts, came and least_transit are known
	bool lagging : 1;	// lag_since, lag_then and lag_least are
	bool paused : 1;	// before that nothing came for as long
	bool beside : 1;	// the newest packet is no sound
	uint32_t line;		// of timestamps
	uint32_t end_ts;	// of the newest sound
	uint32_t came;		// when that came, in timestamp units
	uint32_t least_transit; // of the quickest packets, of late
	uint32_t transit;
	uint32_t jitter_16; // in timestamp units, times 16
	uint32_t cycles;    // of the sequence number, shifted by 16
	uint32_t received;  // of this run
	uint32_t bad_seq;   // the one that would confirm a jump
	uint32_t base_seq;
	uint32_t expected_prior, received_prior; // at the last report
	// of packets that are behind the quickest ones, in timestamp units
	uint32_t lag_since;
	int32_t lag_then, lag_least;
	// of the session's life
	uint32_t lost_before; // of earlier runs
	uint32_t duplicate, reordered, jumped;
};

// By how much a packet has been under way for longer than the last one, in timestamp units;
// INT32_MAX: it is the first one.
int32_t rtp_rx_behind(const struct rtp_rx *r, uint32_t ts, uint32_t arrival);

// arrival: now in timestamp units of any origin.
static inline void rtp_rx_jitter(struct rtp_rx *r, uint32_t ts, uint32_t arrival)
{
	uint32_t transit = arrival - ts;

	if (r->transit_known) {
		int32_t d = (int32_t)(transit - r->transit);
		uint32_t size = d < 0 ? -(uint32_t)d : (uint32_t)d;
		if (size < RTP_JITTER_MAX)
			r->jitter_16 += size - ((r->jitter_16 + 8) >> 4);
	}
	r->transit = transit;
	r->transit_known = true;
}

uint32_t rtp_rx_lost(const struct rtp_rx *r);	   // of all sources
uint32_t rtp_rx_jitter_us(const struct rtp_rx *r); // of an 8 kHz clock

struct rtp_report { // the receiving half of an RTCP report block
	uint32_t ssrc;
	uint8_t fraction_lost; // of 256, since the last report
	int32_t lost;
	uint32_t highest_seq, jitter;
};

// Also begins the next interval of fraction_lost. False: nothing received yet.
bool rtp_rx_report(struct rtp_rx *r, struct rtp_report *out);
