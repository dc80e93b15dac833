// RTCP compound packets.
#include "engine/rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#define NS_PER_S 1000000000ull

enum rtcp_type { RTCP_SR = 200, RTCP_RR, RTCP_SDES, RTCP_BYE };

#define SDES_CNAME   1
#define HEADER_BYTES 8	// version to length, SSRC
#define SENDER_BYTES 20 // NTP, RTP timestamp, counts
#define BLOCK_BYTES  24

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t *write_u32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
	return p + 4;
}

static void read_block(const uint8_t *p, struct rtcp_block *out)
{
	uint32_t lost = read_u32(p + 4);

	*out = (struct rtcp_block){
		.fraction_lost = lost >> 24,
		.lost = (int32_t)(lost << 8) >> 8, // 24 bits, signed
		.highest_seq = read_u32(p + 8),
		.jitter = read_u32(p + 12),
		.lsr = read_u32(p + 16),
		.dlsr = read_u32(p + 20),
	};
}

static int read_report(const uint8_t *p, uint32_t bytes, uint32_t my_ssrc, struct rtcp_info *out)
{
	bool sr = p[1] == RTCP_SR;
	uint32_t at = HEADER_BYTES + (sr ? SENDER_BYTES : 0);
	unsigned blocks = p[0] & 0x1f;

	if (bytes < at + blocks * BLOCK_BYTES)
		return -EINVAL;
	out->ssrc = read_u32(p + 4);
	if (sr) {
		out->sender = true;
		out->ntp_mid = read_u32(p + 8) << 16 | read_u32(p + 12) >> 16;
	}
	for (unsigned i = 0; i < blocks; i++, at += BLOCK_BYTES) {
		if (read_u32(p + at) != my_ssrc)
			continue;
		out->reported = true;
		read_block(p + at, &out->block);
	}
	return 0;
}

int rtcp_parse(const uint8_t *data, uint32_t len, uint32_t my_ssrc, struct rtcp_info *out)
{
	*out = (struct rtcp_info){0};
	if (len < HEADER_BYTES || len % 4)
		return -EINVAL;
	for (uint32_t at = 0; at < len;) {
		const uint8_t *p = data + at;
		if (len - at < 4 || p[0] >> 6 != 2 || p[1] < 192 || p[1] > 223)
			return -EINVAL;
		uint32_t bytes = 4 * (((uint32_t)p[2] << 8 | p[3]) + 1);
		if (bytes > len - at)
			return -EINVAL;
		if ((p[0] & 0x20) && at + bytes != len) // padding: only of the last one
			return -EINVAL;
		if (p[1] == RTCP_SR || p[1] == RTCP_RR) {
			if (bytes < HEADER_BYTES || read_report(p, bytes, my_ssrc, out))
				return -EINVAL;
		}
		if (p[1] == RTCP_BYE)
			out->bye = true;
		at += bytes;
	}
	return 0;
}

static uint8_t *write_header(uint8_t *p, unsigned count, unsigned type, uint32_t bytes)
{
	p[0] = (uint8_t)(0x80 | count);
	p[1] = (uint8_t)type;
	p[2] = (bytes / 4 - 1) >> 8;
	p[3] = (uint8_t)(bytes / 4 - 1);
	return p + 4;
}

uint32_t rtcp_ntp_mid(uint64_t now_ns)
{
	uint64_t s = now_ns / NS_PER_S, ns = now_ns % NS_PER_S;

	return (uint32_t)(s << 16 | (ns << 16) / NS_PER_S);
}

static uint8_t *write_report(uint8_t *p, const struct rtcp_out *o)
{
	uint32_t bytes =
		HEADER_BYTES + (o->sender ? SENDER_BYTES : 0) + (o->reports ? BLOCK_BYTES : 0);

	p = write_header(p, o->reports, o->sender ? RTCP_SR : RTCP_RR, bytes);
	p = write_u32(p, o->ssrc);
	if (o->sender) {
		p = write_u32(p, (uint32_t)(o->now_ns / NS_PER_S));
		p = write_u32(p, (uint32_t)(((o->now_ns % NS_PER_S) << 32) / NS_PER_S));
		p = write_u32(p, o->ts);
		p = write_u32(p, o->packets);
		p = write_u32(p, o->bytes);
	}
	if (!o->reports)
		return p;
	const struct rtp_report *r = &o->report;
	p = write_u32(p, r->ssrc);
	p = write_u32(p, (uint32_t)r->fraction_lost << 24 | ((uint32_t)r->lost & 0xffffff));
	p = write_u32(p, r->highest_seq);
	p = write_u32(p, r->jitter);
	p = write_u32(p, o->lsr);
	return write_u32(p, o->dlsr);
}

uint32_t rtcp_write(uint8_t out[RTCP_BYTES_MAX], const struct rtcp_out *o)
{
	uint8_t *p = write_report(out, o);
	// SDES: SSRC, CNAME item, at least one zero byte to the next word.
	uint32_t item = 2 + RTCP_CNAME_BYTES, padded = (item / 4 + 1) * 4;

	p = write_header(p, 1, RTCP_SDES, HEADER_BYTES + padded);
	p = write_u32(p, o->ssrc);
	memset(p, 0, padded);
	p[0] = SDES_CNAME;
	p[1] = RTCP_CNAME_BYTES;
	memcpy(p + 2, o->cname, RTCP_CNAME_BYTES);
	p += padded;
	if (o->bye) {
		p = write_header(p, 1, RTCP_BYE, HEADER_BYTES);
		p = write_u32(p, o->ssrc);
	}
	return (uint32_t)(p - out);
}

void rtcp_cname(uint8_t out[RTCP_CNAME_BYTES], struct rng *rng)
{
	static const char base64[65] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < RTCP_CNAME_BYTES; i++)
		out[i] = (uint8_t)base64[rng_u64(rng) >> 58];
}

uint32_t rtcp_round_trip_us(const struct rtcp_block *b, uint64_t now_ns)
{
	if (b->lsr == 0)
		return 0;
	uint32_t trip = rtcp_ntp_mid(now_ns) - b->lsr - b->dlsr;
	if (trip > 60u << 16) // a far end that counts wrongly
		return 0;
	return (uint32_t)((uint64_t)trip * 1000000 >> 16);
}

uint32_t rtcp_interval_ms(bool first, struct rng *rng)
{
	uint32_t min_ms = first ? RTCP_MIN_MS / 2 : RTCP_MIN_MS;

	// 0.5 … 1.5 of it, over e - 3/2, which makes up for timer reconsideration.
	return (uint32_t)((uint64_t)(min_ms / 2 + rng_below(rng, min_ms)) * 100000 / 121828);
}
