// Payload into packets.
#include "engine/voice/encode.h"

#include <string.h>

#include "dsp/codec.h"
#include "dsp/g711.h"
#include "dsp/opus.h"
#include "engine/base/check.h"
#include "engine/voice/coder.h"

static bool converts(enum codec_id from, enum codec_id to)
{
	return from == to || (!codec_has_state(from) && !codec_has_state(to));
}

bool encode_convert(
	uint8_t *out, enum codec_id to, const uint8_t *in, enum codec_id from, uint32_t len)
{
	if (to == from && len == FRAME_BYTES) // of a size that the compiler knows
		memcpy(out, in, FRAME_BYTES);
	else if (to == from)
		memcpy(out, in, len);
	else if (from == CODEC_PCMU && to == CODEC_PCMA)
		g711_ulaw_to_alaw(out, in, len);
	else if (from == CODEC_PCMA && to == CODEC_PCMU)
		g711_alaw_to_ulaw(out, in, len);
	else
		return false;
	return true;
}

static void commit(struct worker *w, struct session *s, uint8_t *room, const struct rtp_packet *p)
{
	rtp_write_header(room, p);
	tx_commit(w, &s->path, RTP_HEADER_BYTES + p->len);
	s->out.packets++;
	s->out.bytes += p->len;
	s->out_flags |= OUT_SOUNDED;
}

// A packet of the session's own clock, whose payload lies in `room` already when it is not NULL.
static void send_clocked(struct worker *w, struct session *s, uint8_t *room, uint32_t len)
{
	struct rtp_packet p = {.pt = s->out_pt, .len = len};

	if (rtp_out_clock(&s->out, len, w->now_ns, &p) && room)
		commit(w, s, room, &p);
}

// Of whichever pack it is; returns n.
static uint16_t set_packed(struct session *s, uint32_t n)
{
	s->out_flags = (uint16_t)(n ? s->out_flags | OUT_PACKED : s->out_flags & ~OUT_PACKED);
	return (uint16_t)n;
}

static uint8_t *pack_of(struct session_table *t, const struct session *s)
{
	return t->pack_mem + (size_t)s->pack * PACK_STRIDE;
}

uint8_t *encode_begin(struct worker *w, struct session *s)
{
	struct session_table *t = w->sessions;

	if (s->pack != POOL_NONE)
		return pack_of(t, s) + s->packed;
	t->room = tx_room(w, &s->path, RTP_HEADER_BYTES + FRAME_BYTES);
	return t->room ? t->room + RTP_HEADER_BYTES : t->scratch;
}

static void send_copy(struct worker *w, struct session *s, const uint8_t *payload, uint32_t len)
{
	uint8_t *room = tx_room(w, &s->path, RTP_HEADER_BYTES + len);

	if (room)
		memcpy(room + RTP_HEADER_BYTES, payload, len);
	send_clocked(w, s, room, len);
}

// Of a codec whose packets' lengths say nothing of time.
static void send_units(struct worker *w, struct session *s, const struct rtp_packet *in)
{
	uint8_t *room = tx_room(w, &s->path, RTP_HEADER_BYTES + in->len);
	struct rtp_packet p = {.pt = s->out_pt, .len = in->len};

	if (!rtp_out_clock(&s->out, in->ts, w->now_ns, &p) || !room)
		return;
	memcpy(room + RTP_HEADER_BYTES, in->payload, in->len);
	commit(w, s, room, &p);
}

void encode_ready(struct worker *w, struct session *s, const uint8_t *payload, uint32_t len)
{
	uint32_t units = FRAME_SAMPLES * codec_clock_scale(s->out_codec);

	send_units(w, s, &(struct rtp_packet){.payload = payload, .len = len, .ts = units});
}

static void opus_send(struct worker *w, struct session *s, const int16_t *samples, uint32_t n)
{
	uint8_t payload[CODEC_PAYLOAD_MAX];
	struct rtp_packet p = {.payload = payload, .ts = n * codec_clock_scale(CODEC_OPUS)};
	struct coder *c = coder_of(w->sessions, s);

	p.len = codec_get(CODEC_OPUS)->coder->encode(coder_tx(w->sessions, s), payload, samples, n);
	bool silent = p.len <= OPUS_DTX_BYTES;
	if (silent && c->silent)
		rtp_out_skip(&s->out, p.ts);
	else
		send_units(w, s, &p);
	c->silent = silent;
}

static void opus_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES])
{
	struct coder *c = coder_of(w->sessions, s);
	uint32_t n = s->packet_bytes, have = c->packed + FRAME_SAMPLES, at = 0;

	check(have <= sizeof(c->pack) / sizeof(*c->pack));
	memcpy(c->pack + c->packed, samples, FRAME_SAMPLES * sizeof(*samples));
	for (; have - at >= n; at += n)
		opus_send(w, s, c->pack + at, n);
	memmove(c->pack, c->pack + at, (have - at) * sizeof(*samples));
	c->packed = set_packed(s, have - at);
}

void encode_end(struct worker *w, struct session *s)
{
	if (s->pack == POOL_NONE) {
		send_clocked(w, s, w->sessions->room, FRAME_BYTES);
		return;
	}
	uint8_t *pack = pack_of(w->sessions, s);
	uint32_t at = 0, have = s->packed + FRAME_BYTES;
	for (; have - at >= s->packet_bytes; at += s->packet_bytes)
		send_copy(w, s, pack + at, s->packet_bytes);
	memmove(pack, pack + at, have - at);
	s->packed = set_packed(s, have - at);
}

void encode_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES])
{
	const struct codec *c = codec_get(s->out_codec);

	if (c->id == CODEC_OPUS) {
		opus_samples(w, s, samples);
		return;
	}
	uint8_t *out = encode_begin(w, s);
	if (c->coder)
		c->coder->encode(coder_tx(w->sessions, s), out, samples, FRAME_SAMPLES);
	else
		c->encode(out, samples, FRAME_SAMPLES);
	encode_end(w, s);
}

void encode_silence(struct worker *w, struct session *s)
{
	static const int16_t silence[FRAME_SAMPLES];

	if (rtp_out_ahead(&s->out, w->now_ns) && !(s->out_flags & OUT_PACKED))
		return;
	if (s->in_flags & IN_CODED) {
		encode_samples(w, s, silence);
		return;
	}
	memset(encode_begin(w, s), codec_get(s->out_codec)->silence, FRAME_BYTES);
	encode_end(w, s);
}

void encode_law(
	struct worker *w, struct session *s, enum codec_id law, const uint8_t bytes[FRAME_BYTES])
{
	check(!codec_has_state(law));
	if (codec_has_state(s->out_codec)) {
		int16_t samples[FRAME_SAMPLES];
		codec_get(law)->decode(samples, bytes, FRAME_BYTES);
		encode_samples(w, s, samples);
		return;
	}
	(void)encode_convert(encode_begin(w, s), s->out_codec, bytes, law, FRAME_BYTES);
	encode_end(w, s);
}

void encode_octets(
	struct worker *w, struct session *s, enum codec_id codec, const struct codec_octets *octets)
{
	if (s->out_codec != codec) {
		encode_silence(w, s);
		return;
	}
	memcpy(encode_begin(w, s), octets->bytes, FRAME_BYTES);
	encode_end(w, s);
}

void encode_flush(struct worker *w, struct session *s)
{
	uint16_t have;

	if (!(s->out_flags & OUT_PACKED))
		return;
	if (s->out_codec == CODEC_OPUS) { // of ticks, and two ticks are a length that Opus has
		struct coder *c = coder_of(w->sessions, s);
		have = c->packed;
		c->packed = set_packed(s, 0);
		opus_send(w, s, c->pack, have);
	} else {
		have = s->packed;
		s->packed = set_packed(s, 0);
		send_copy(w, s, pack_of(w->sessions, s), have);
	}
}

void encode_relay(
	struct worker *w, struct session *s, const struct rtp_packet *in, enum codec_id codec)
{
	uint32_t units = in->len;
	struct rtp_packet p;

	if (codec == CODEC_OPUS)
		units = opus_payload_ms(in->payload, in->len) * OPUS_CLOCK_PER_MS;
	// It crossed a re-INVITE, or is no payload at all: nothing rather than noise.
	if (!converts(codec, s->out_codec) || units == 0)
		return;
	if (s->out_flags & OUT_PACKED)
		encode_flush(w, s);
	if (!rtp_out_relay(&s->out, in, units, w->now_ns, &p))
		return;
	uint8_t *room = tx_room(w, &s->path, RTP_HEADER_BYTES + in->len);
	if (!room)
		return; // a gap in the sequence numbers, as the far end must see it
	p.pt = s->out_pt;
	p.len = in->len;
	if (encode_convert(room + RTP_HEADER_BYTES, s->out_codec, in->payload, codec, in->len))
		commit(w, s, room, &p);
}

// The far end's events may count another clock than its codec.
static void event_on_clock(const struct session *s, uint8_t payload[EVENT_BYTES])
{
	struct rtp_packet p = {.payload = payload, .len = EVENT_BYTES};

	event_rescale(&p, payload, codec_clock_scale(s->out_codec), session_event_scale(s));
}

void encode_relay_event(struct worker *w, struct session *s, const struct rtp_packet *in)
{
	struct rtp_packet p;

	if (!rtp_out_relay_event(&s->out, in, w->now_ns, &p))
		return;
	uint8_t *room = tx_room(w, &s->path, RTP_HEADER_BYTES + EVENT_BYTES);
	if (!room)
		return;
	p.pt = s->out_event_pt;
	p.len = EVENT_BYTES;
	memcpy(room + RTP_HEADER_BYTES, in->payload, EVENT_BYTES);
	event_on_clock(s, room + RTP_HEADER_BYTES);
	commit(w, s, room, &p);
}

void encode_event(
	struct worker *w, struct session *s, const struct event_packet *e, uint32_t ts, bool marker)
{
	struct rtp_packet p = {.pt = s->out_event_pt, .len = EVENT_BYTES, .marker = marker};

	uint32_t clocks = codec_clock_scale(s->out_codec) / session_event_scale(s);
	rtp_out_event(&s->out, ts, e->duration * clocks, &p);
	uint8_t *room = tx_room(w, &s->path, RTP_HEADER_BYTES + EVENT_BYTES);
	if (!room)
		return;
	event_write(room + RTP_HEADER_BYTES, e);
	commit(w, s, room, &p);
}

void encode_set_ptime(struct session_table *t, struct session *s, unsigned ptime_ms)
{
	bool opus = s->out_codec == CODEC_OPUS;

	if (opus && ptime_ms == 30)
		ptime_ms = TICK_MS; // no length of Opus
	s->packet_bytes = (uint16_t)(ptime_ms * JITTER_BYTES_PER_MS);
	s->packed = set_packed(s, 0);
	if (opus)
		coder_of(t, s)->packed = 0;
	if (s->packet_bytes != FRAME_BYTES && s->pack == POOL_NONE && !opus)
		s->pack = pool_take(&t->packs);
	if ((s->packet_bytes == FRAME_BYTES || opus) && s->pack != POOL_NONE) {
		pool_give(&t->packs, s->pack);
		s->pack = POOL_NONE;
	}
	if (s->pack == POOL_NONE && !opus)
		s->packet_bytes = FRAME_BYTES;
}
