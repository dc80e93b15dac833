// A packet that is just what was to come next, as nearly all are: read, and taken into the stream
// sent (into the stream received: judge.h). In line, for relayed packets; of any other packet rtp.h
// and rtp_out.h know what it means. Where these here may be called they do the same as those.
#pragma once

#include "engine/rtp/rtp_out.h"

// A header and nothing but sound behind it, as nearly all are; the marker may be set. False: look
// with rtp_parse.
static inline bool rtp_parse_plain(const uint8_t *data, uint32_t len, struct rtp_packet *out)
{
	uint64_t head;
	uint32_t ssrc;

	if (len < RTP_HEADER_BYTES || data[0] != 0x80)
		return false;
	memcpy(&head, data, sizeof(head));
	memcpy(&ssrc, data + sizeof(head), sizeof(ssrc));
	head = be64toh(head);
	out->payload = data + RTP_HEADER_BYTES;
	out->len = len - RTP_HEADER_BYTES;
	out->ts = (uint32_t)head;
	out->ssrc = be32toh(ssrc);
	out->seq = (uint16_t)(head >> 32);
	out->pt = head >> 48 & 0x7f;
	out->marker = head >> 55 & 1;
	return true;
}

static inline bool rtp_out_is_next(
	const struct rtp_out *o, const struct rtp_packet *in, uint32_t units)
{
	return o->feed == FEED_RELAY && in->line == o->relay_line && in->run == o->relay_run &&
		(uint16_t)(in->seq + o->seq_offset) == o->next_seq && in->ts == o->relay_ts + units;
}

// The same as rtp_out_relay then. out may be in.
static inline void rtp_out_relay_next(struct rtp_out *o, const struct rtp_packet *in,
	uint32_t units, uint32_t now_ms, struct rtp_packet *out)
{
	o->relay_ts = in->ts;
	o->relay_ms = now_ms;
	out->seq = in->seq + o->seq_offset;
	out->ts = in->ts + o->ts_offset;
	out->ssrc = o->ssrc;
	out->marker = in->marker;
	rtp_out_lift_floor(o, out->seq);
	o->next_seq = out->seq + 1u;
	o->next_ts = rtp_later(o->next_ts, out->ts + units);
}
