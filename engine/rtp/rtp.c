// RTP's fixed header, and the bookkeeping of a stream that is received.
#include "engine/rtp/rtp.h"

#include <errno.h>
#include <string.h>

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
