// What comes out is sound of the codec that its type says, or nothing. In a quiet round all that
// goes in is quiet, and octets that are taken for something else are not.
#include <stdlib.h>

#include "dsp/codec.h"
#include "dsp/opus.h"
#include "engine/rtp/rtp_out.h"
#include "tests/fuzz/bridge_node.h"

#define LOUD	  8000 // no mix, gain or concealment of what is said comes near
#define LOUD_MEAN 4000
#define SETTLE_NS 60000000 // packets of the shape before may be on their way from a worker
#define AHEAD_MAX 3001
#define TOKEN_MS  8
#define TOKEN	  0x7f

// A decoder of G.722 whose far end changed may be loud for a moment, but not a packet long.
static void judge_mean(const int16_t *samples, uint32_t n, const char *where)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint64_t)abs(samples[i]);
	if (n >= FRAME_SAMPLES / 2 && sum / n > LOUD_MEAN)
		finding("%s: %u samples are %u loud where all is quiet", where, n,
			(unsigned)(sum / n));
}

static void judge_peak(const int16_t *samples, uint32_t n, const char *where)
{
	for (uint32_t i = 0; node.quiet && i < n; i++)
		if (abs(samples[i]) > LOUD)
			finding("%s: sample %u of %u is %d where all is quiet", where, i, n,
				samples[i]);
}

void judge_law(const uint8_t *octets, uint32_t len, enum codec_id law, const char *where)
{
	int16_t samples[CODEC_PAYLOAD_MAX];

	for (uint32_t n; node.quiet && len > 0; octets += n, len -= n) {
		n = len < CODEC_PAYLOAD_MAX ? len : CODEC_PAYLOAD_MAX;
		codec_get(law)->decode(samples, octets, n);
		judge_peak(samples, n, where);
	}
}

// The jitter buffer's bookkeeping, as it looks from outside: a byte that never changes and four
// of nothing in each of its eights.
static void judge_tokens(const struct rtp_packet *p)
{
	uint32_t alike = 0;

	for (uint32_t i = 0; i + TOKEN_MS <= p->len; i += TOKEN_MS) {
		const uint8_t *t = p->payload + i;
		alike += t[3] == TOKEN && !(t[4] | t[5] | t[6] | t[7]);
	}
	if (alike > 2)
		finding("%u tokens of the jitter buffer in a payload of type %u", alike, p->pt);
}

static void judge_octets(struct leg *leg, const struct rtp_packet *p)
{
	uint32_t whole = leg->remote.ptime_ms * 8u;
	bool settled = node.now_ns - leg->changed_ns > SETTLE_NS;
	int16_t samples[CODEC_PAYLOAD_MAX];

	if (p->len == 0 || p->len > CODEC_PAYLOAD_MAX)
		finding("%u octets", p->len);
	// Less is what waited when something else began; 20 ms where no pack was free.
	if (settled && p->len != whole && !(p->len < whole && p->len % 80 == 0) &&
		!(node.stolen && p->len == FRAME_BYTES))
		finding("%u octets where %u are wanted", p->len, whole);
	if (leg->remote.codec != CODEC_G722) {
		judge_law(p->payload, p->len, leg->remote.codec, "law");
		return;
	}
	if (!node.quiet)
		return;
	codec_get(CODEC_G722)->coder->decode(leg->out.rx, samples, p->payload, p->len);
	judge_mean(samples, p->len, "G722");
}

// Ours are of 8 kHz, mono, and as long as asked for; others are what a far end sent.
static bool opus_is_ours(const struct leg *leg, const struct rtp_packet *p, unsigned ms)
{
	uint8_t toc = p->payload[0], config = toc >> 3;
	bool narrow = config < 4 || (config >= 16 && config < 20);
	unsigned wanted = leg->remote.ptime_ms == 30 ? 20 : leg->remote.ptime_ms;

	if (!narrow || toc & 4)
		return p->len == OPUS_STORED_BYTES && ms == 20 && !(toc & 4);
	return ms == wanted || ms == 20 || (ms == 40 && wanted == 60) ||
		node.now_ns - leg->changed_ns <= SETTLE_NS;
}

static void judge_opus(struct leg *leg, const struct rtp_packet *p)
{
	unsigned ms = p->len ? opus_payload_ms(p->payload, p->len) : 0;
	int16_t samples[CODEC_PAYLOAD_MAX];

	if (ms == 0)
		finding("%u octets are no packet of Opus", p->len);
	if (sound_was_sent(p->payload, p->len) || p->len == 1) { // relayed, or muted
		if (!node.quiet)
			return;
	} else if (!opus_is_ours(leg, p, ms)) {
		finding("Opus of %u octets, TOC %02x, %u ms: neither ours nor relayed", p->len,
			p->payload[0], ms);
	}
	if (!node.quiet && node.sent % 16 != 0)
		return;
	uint32_t n = codec_get(CODEC_OPUS)->coder->decode(leg->out.rx, samples, p->payload, p->len);
	if (n == 0)
		finding("Opus of %u octets, %u ms, does not decode", p->len, ms);
	judge_peak(samples, n, "Opus");
}

static void judge_number(struct leg *leg, const struct rtp_packet *p)
{
	struct far_out *o = &leg->out;
	const struct codec *c = codec_get(leg->remote.codec);
	int16_t ahead = (int16_t)(p->seq - o->seq);

	if (!o->known || o->ssrc != p->ssrc) {
		if (o->known && !o->may_change)
			finding("another SSRC without a new clock");
		o->known = true;
		o->may_change = false;
		o->ssrc = p->ssrc;
		o->seq = p->seq;
		o->window = 1;
		if (c->coder)
			c->coder->rx_init(o->rx, 8000);
		return;
	}
	if (ahead > AHEAD_MAX || ahead < -RTP_BEHIND_MAX)
		finding("sequence number %u after %u", p->seq, o->seq);
	if (ahead > 0) {
		o->window = ahead < 64 ? o->window << ahead | 1 : 1;
		o->seq = p->seq;
		return;
	}
	if (ahead > -64 && (o->window >> -ahead & 1))
		finding("sequence number %u twice", p->seq);
	if (ahead > -64)
		o->window |= 1ull << -ahead;
}

void judge_rtp(struct leg *leg, const uint8_t *data, uint32_t len)
{
	struct rtp_packet p;

	if (rtp_parse(data, len, &p))
		finding("%u octets are no RTP", len);
	if (!leg->connected || !(leg->remote.direction & GATE_SEND))
		finding("RTP where nothing may be sent");
	judge_number(leg, &p);
	judge_tokens(&p);
	if (leg->remote.event_pt && p.pt == leg->remote.event_pt) {
		if (p.len != 4)
			finding("a telephone-event of %u octets", p.len);
	} else if (p.pt != leg->remote.pt) {
		finding("payload type %u, not %u", p.pt, leg->remote.pt);
	} else if (leg->remote.codec == CODEC_OPUS) {
		judge_opus(leg, &p);
	} else {
		judge_octets(leg, &p);
	}
}
