// RTP's fixed header, and the bookkeeping of a stream that is received.
#include "engine/rtp.h"

#include <errno.h>
#include <string.h>

#define DROPOUT_MAX 3000 // sequence numbers ahead that are a gap and not a jump

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int rtp_parse(const uint8_t *data, uint32_t len, struct rtp_packet *out)
{
	if (len < RTP_HEADER_BYTES || data[0] >> 6 != 2)
		return -EINVAL;
	uint32_t head = RTP_HEADER_BYTES + 4u * (data[0] & 0x0f);
	if (data[0] & 0x10) { // extension: profile, length in words
		if (len < head + 4)
			return -EINVAL;
		head += 4 + 4u * ((uint32_t)data[head + 2] << 8 | data[head + 3]);
	}
	if (len < head)
		return -EINVAL;
	uint32_t pad = 0;
	if (data[0] & 0x20) {
		pad = len > head ? data[len - 1] : 0;
		if (pad == 0 || pad > len - head)
			return -EINVAL;
	}
	*out = (struct rtp_packet){
		.payload = data + head,
		.len = len - head - pad,
		.ts = read_u32(data + 4),
		.ssrc = read_u32(data + 8),
		.seq = (uint16_t)(data[2] << 8 | data[3]),
		.pt = data[1] & 0x7f,
		.marker = data[1] >> 7,
	};
	return 0;
}

static uint32_t expected(const struct rtp_rx *r)
{
	return r->running ? r->cycles + r->max_seq - r->base_seq + 1 : 0;
}

static uint32_t lost_now(const struct rtp_rx *r)
{
	uint32_t e = expected(r);

	return e > r->received ? e - r->received : 0;
}

static void start(struct rtp_rx *r, const struct rtp_packet *p)
{
	r->lost_before += lost_now(r);
	r->ssrc = p->ssrc;
	r->running = r->restarted = true;
	r->base_seq = p->seq;
	r->max_seq = p->seq;
	r->cycles = 0;
	r->bad_seq = RTP_SEQ_MOD; // none
	r->history = 1;
	r->received = 1;
	r->expected_prior = 0;
	r->received_prior = 0;
	r->transit_known = false;
	r->jitter_16 = 0;
}

// A.1's last case: a very large jump. Two in sequence mean that the far end began anew.
static enum rtp_verdict jump(struct rtp_rx *r, const struct rtp_packet *p)
{
	if (p->seq == r->bad_seq) {
		start(r, p);
		return RTP_STARTED;
	}
	r->bad_seq = (p->seq + 1u) & (RTP_SEQ_MOD - 1);
	r->jumped++;
	return RTP_JUMPED;
}

enum rtp_verdict rtp_rx_sequence(struct rtp_rx *r, const struct rtp_packet *p)
{
	if (!r->running || r->ssrc != p->ssrc) {
		start(r, p);
		return RTP_STARTED;
	}
	uint16_t ahead = p->seq - r->max_seq;
	if (ahead == 0) {
		r->duplicate++;
		return RTP_DUPLICATE;
	}
	if (ahead < DROPOUT_MAX) {
		if (p->seq < r->max_seq)
			r->cycles += RTP_SEQ_MOD;
		r->max_seq = p->seq;
		r->history = ahead < RTP_HISTORY ? r->history << ahead | 1 : 1;
		r->received++;
		r->bad_seq = RTP_SEQ_MOD;
		return RTP_NEXT;
	}
	uint32_t behind = RTP_SEQ_MOD - ahead;
	if (behind >= RTP_HISTORY)
		return jump(r, p);
	uint64_t bit = 1ull << behind;
	if (r->history & bit) {
		r->duplicate++;
		return RTP_DUPLICATE;
	}
	r->history |= bit;
	r->received++;
	r->reordered++;
	return RTP_REORDERED;
}

int32_t rtp_rx_behind(const struct rtp_rx *r, uint32_t ts, uint32_t arrival)
{
	return r->transit_known ? (int32_t)(arrival - ts - r->transit) : INT32_MAX;
}

uint32_t rtp_rx_lost(const struct rtp_rx *r)
{
	return r->lost_before + lost_now(r);
}

uint32_t rtp_rx_jitter_us(const struct rtp_rx *r)
{
	return (uint32_t)((uint64_t)r->jitter_16 * 125 / 16); // 8 kHz: 125 µs a unit
}

bool rtp_rx_report(struct rtp_rx *r, struct rtp_report *out)
{
	if (!r->running)
		return false;
	uint32_t all = expected(r), expected_new = all - r->expected_prior;
	uint32_t received_new = r->received - r->received_prior;
	int64_t lost = (int64_t)all - r->received;
	uint64_t missing = expected_new > received_new ? expected_new - received_new : 0;
	uint64_t fraction = expected_new ? (missing << 8) / expected_new : 0;

	if (lost > 0x7fffff) // 24 bits, signed
		lost = 0x7fffff;
	if (lost < -0x800000)
		lost = -0x800000;
	*out = (struct rtp_report){
		.ssrc = r->ssrc,
		.fraction_lost = fraction > 255 ? 255 : (uint8_t)fraction,
		.lost = (int32_t)lost,
		.highest_seq = r->cycles + r->max_seq,
		.jitter = r->jitter_16 >> 4,
	};
	r->expected_prior = all;
	r->received_prior = r->received;
	return true;
}
