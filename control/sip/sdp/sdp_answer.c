// Offers and answers: which stream, codec, address and direction both sides can meet on.
#include "control/sip/sdp/sdp.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/base/hash.h"
#include "engine/base/str.h"

// What we want to get: mono, heard at 16 kHz at most; sound that was lost comes again with the
// packet after it. 60 ms of this rate stay well below the longest payload that the engine takes.
#define OPUS_FMTP "maxplaybackrate=16000;stereo=0;maxaveragebitrate=40000;useinbandfec=1"

#define OPUS_MAXPTIME "a=maxptime:60\r\n" // 120 without it (RFC 7587 section 6.1)

static const struct {
	uint16_t warning; // RFC 3261 20.43
	const char *text;
} refusals[] = {
	[SDP_MEETS] = {399, "no objection"},
	[SDP_MALFORMED] = {399, "session description cannot be read"},
	[SDP_NO_AUDIO] = {304, "no audio stream offered"},
	[SDP_PROTOCOL] = {302, "only RTP/AVP is supported"},
	[SDP_NETWORK] = {300, "other IP version than ours"},
	[SDP_ADDRESS] = {301, "no usable connection address"},
	[SDP_LOOPBACK] = {301, "connection address on loopback"},
	[SDP_BROADCAST] = {301, "connection address is a broadcast"},
	[SDP_OURS] = {301, "connection address is our own"},
	[SDP_NO_CODEC] = {305, "no common audio codec"},
	[SDP_TOO_LONG] = {399, "session description too long"},
};

uint16_t sdp_warning(enum sdp_refusal r)
{
	return refusals[r].warning;
}

const char *sdp_refusal_text(enum sdp_refusal r)
{
	return refusals[r].text;
}

static bool is_zero(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static const struct sdp_payload *find_codec(const struct sdp_stream *s, enum codec_id id)
{
	for (unsigned i = 0; i < s->payload_count; i++)
		if (s->payloads[i].codec == id)
			return &s->payloads[i];
	return NULL;
}

#define EVENT_HZ 8000 // of telephone-event where nothing else is said, and what old phones have

// telephone-event of this clock that covers at least the twelve keys.
static const struct sdp_payload *find_event(const struct sdp_stream *s, uint32_t clock_hz)
{
	for (unsigned i = 0; i < s->payload_count; i++) {
		const struct sdp_payload *p = &s->payloads[i];
		if (p->event && p->clock_hz == clock_hz && (p->events & 0xfff) == 0xfff)
			return p;
	}
	return NULL;
}

// Events count the codec's clock (RFC 4733 section 2.1); many phones know but one clock for them.
static const struct sdp_payload *choose_event(const struct sdp_stream *s, uint32_t clock_hz)
{
	const struct sdp_payload *p = find_event(s, clock_hz);

	return p ? p : find_event(s, EVENT_HZ);
}

// Our preference decides among what they have.
static const struct sdp_payload *choose_ours(
	const struct sdp_local *local, const struct sdp_stream *s)
{
	for (unsigned i = 0; i < local->codec_count; i++) {
		const struct sdp_payload *p = find_codec(s, local->codecs[i]);
		if (p)
			return p;
	}
	return NULL;
}

// In an answer their order decides: the first that we offered.
static const struct sdp_payload *choose_theirs(
	const struct sdp_local *local, const struct sdp_stream *s)
{
	for (unsigned i = 0; i < s->payload_count; i++)
		for (unsigned k = 0; k < local->codec_count; k++)
			if (s->payloads[i].codec == local->codecs[k])
				return &s->payloads[i];
	return NULL;
}

// What we send: their wish where the engine can, within their maximum.
static uint8_t choose_ptime(const struct sdp_local *local, const struct sdp_stream *s)
{
	static const uint8_t can[] = {60, 40, 30, 20, 10};
	uint8_t best = local->ptime_ms ? local->ptime_ms : 20;

	for (unsigned i = 0; i < sizeof(can); i++)
		if (s->ptime_ms == can[i])
			best = can[i];
	for (unsigned i = 0; i < sizeof(can) && s->maxptime_ms && best > s->maxptime_ms; i++)
		if (can[i] <= s->maxptime_ms || can[i] == 10) {
			best = can[i];
			break;
		}
	return best;
}

static bool is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1}, mapped[13] = {[10] = 0xff, 0xff, 127};

	if (a->family == ADDR_IP4)
		return a->ip[0] == 127;
	return memcmp(a->ip, one, sizeof(one)) == 0 || memcmp(a->ip, mapped, sizeof(mapped)) == 0;
}

// To all, or what nobody may have yet; or to all of the network that we are in.
static bool is_broadcast(const struct addr *a, const struct sdp_local *local)
{
	struct addr last = local->rtp;

	if (a->family != ADDR_IP4)
		return false;
	if (a->ip[0] >= 240)
		return true;
	if (local->bits == 0 || local->bits > 30) // RFC 3021: both of two are hosts
		return false;
	for (unsigned bit = local->bits; bit < 32; bit++)
		last.ip[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return addr_same_ip(a, &last);
}

// Would what we send there reach the far end? It is looked at as it is meant: from outside of this
// host, unless we speak on loopback ourselves.
static enum sdp_refusal check_reach(const struct addr *a, const struct sdp_local *local)
{
	if (is_zero(a) || is_loopback(&local->rtp))
		return SDP_MEETS;
	if (is_loopback(a))
		return SDP_LOOPBACK;
	if (is_broadcast(a, local))
		return SDP_BROADCAST;
	return addr_same_ip(a, &local->rtp) ? SDP_OURS : SDP_MEETS;
}

static enum sdp_refusal check_address(const struct sdp *sdp, const struct sdp_stream *s,
	const struct sdp_local *local, struct addr *rtp)
{
	*rtp = s->connection;
	if (rtp->family == ADDR_NONE && !s->unusable_address)
		*rtp = sdp->connection;
	if (rtp->family == ADDR_NONE)
		return SDP_ADDRESS;
	rtp->port = s->port;
	if (is_zero(rtp)) // a hold, in whichever version's zeros it is written
		rtp->family = local->rtp.family;
	return rtp->family == local->rtp.family ? check_reach(rtp, local) : SDP_NETWORK;
}

// An address for RTCP that is no good for media is none.
static struct addr choose_rtcp(
	const struct sdp_stream *s, const struct sdp_local *local, const struct addr *rtp)
{
	struct addr rtcp = *rtp;

	if (s->rtcp_mux)
		return rtcp;
	if (s->rtcp.port || s->rtcp.family != ADDR_NONE) {
		if (s->rtcp.family == rtp->family && !is_zero(&s->rtcp) &&
			!check_reach(&s->rtcp, local))
			rtcp = s->rtcp;
		rtcp.port = s->rtcp.port;
	} else {
		rtcp.port = rtp->port < UINT16_MAX ? (uint16_t)(rtp->port + 1) : 0;
	}
	return rtcp;
}

// Their direction seen from here. An address of zeros is the old way to say hold (RFC 2543).
static uint8_t turn_direction(const struct sdp_stream *s, const struct addr *rtp)
{
	uint8_t ours = 0;

	if ((s->direction & MEDIA_RECV) && !is_zero(rtp))
		ours |= MEDIA_SEND;
	if (s->direction & MEDIA_SEND)
		ours |= MEDIA_RECV;
	return ours;
}

typedef const struct sdp_payload *choose_codec(
	const struct sdp_local *local, const struct sdp_stream *s);

// "1" or whatever of a parameter in "name=value; name=value"; false: not there, or not 1.
static bool fmtp_set(const struct sdp_slice *fmtp, const char *name)
{
	size_t at = 0, len = strlen(name);

	while (at < fmtp->len) {
		const char *p = fmtp->p + at;
		size_t n = 0;
		while (at + n < fmtp->len && p[n] != ';')
			n++;
		at += n + 1;
		while (n && *p == ' ')
			p++, n--;
		if (n > len && strncasecmp(p, name, len) == 0 && p[len] == '=')
			return n > len + 1 && p[len + 1] == '1';
	}
	return false;
}

static enum sdp_refusal settle(const struct sdp *sdp, const struct sdp_stream *s,
	const struct sdp_local *local, choose_codec *choose, struct media_params *media)
{
	struct media_params m = {0};

	if (!sdp_slice_is(&s->kind, "audio") || s->port == 0)
		return SDP_NO_AUDIO;
	if (!media_profile_get(s->profile)->served)
		return SDP_PROTOCOL;
	enum sdp_refusal r = check_address(sdp, s, local, &m.rtp);
	if (r)
		return r;
	const struct sdp_payload *p = choose(local, s);
	if (!p)
		return SDP_NO_CODEC;
	const struct sdp_payload *event = choose_event(s, p->clock_hz);
	m.profile = s->profile;
	if (media_profile_get(s->profile)->keyed && s->crypto_count > 0)
		m.rx_keys = s->crypto[0].keys;
	m.codec = p->codec;
	m.pt = p->pt;
	m.event_pt = event ? event->pt : 0;
	m.event_8k = event && event->clock_hz == EVENT_HZ && p->clock_hz != EVENT_HZ;
	m.rx_pt = m.pt;
	m.rx_event_pt = m.event_pt;
	m.ptime_ms = choose_ptime(local, s);
	if (p->codec == CODEC_OPUS) { // RFC 7587 section 6.1: what they want to get
		m.fec = fmtp_set(&p->fmtp, "useinbandfec");
		m.dtx = fmtp_set(&p->fmtp, "usedtx");
		if (m.ptime_ms == 30) // no length of Opus
			m.ptime_ms = 20;
	}
	m.direction = turn_direction(s, &m.rtp);
	m.rtcp = choose_rtcp(s, local, &m.rtp);
	*media = m;
	return SDP_MEETS;
}

static const char *address_text(const struct addr *a, char text[ADDR_TEXT_MAX])
{
	struct addr bare = *a;

	bare.port = 0;
	return addr_text(&bare, text);
}

// The text before and after the o= line's version, so that the version rises when it differs.
static int finish(struct sdp_local *local, const struct str_buf *body, char *out, size_t size)
{
	uint64_t hash = hash_bytes(body->data, body->len, 0) | 1;
	char ip[ADDR_TEXT_MAX];
	struct str_buf b;

	if (body->cut)
		return -EMSGSIZE;
	if (local->text_hash != hash)
		local->version++;
	local->text_hash = hash;
	str_buf_init(&b, out, size);
	str_buf_add(&b, "v=0\r\no=- %llu %u IN IP%u %s\r\n", (unsigned long long)local->session,
		local->version, local->rtp.family, address_text(&local->rtp, ip));
	str_buf_add(&b, "%s", body->data);
	return b.cut ? -EMSGSIZE : 0;
}

static void write_head(struct str_buf *b, const struct sdp_local *local, const struct sdp_slice *t)
{
	char ip[ADDR_TEXT_MAX];

	str_buf_add(b, "s=-\r\nc=IN IP%u %s\r\n", local->rtp.family, address_text(&local->rtp, ip));
	if (t && t->len && t->len < 40)
		str_buf_add(b, "t=%.*s\r\n", (int)t->len, t->p); // RFC 3264 6: as offered
	else
		str_buf_add(b, "t=0 0\r\n");
}

static void write_payload(struct str_buf *b, enum codec_id id, unsigned pt)
{
	const struct codec *codec = codec_get(id);

	if (!codec)
		return;
	str_buf_add(b, "a=rtpmap:%u %s/%u", pt, codec->name, codec->clock_hz);
	if (codec->channels)
		str_buf_add(b, "/%u", codec->channels);
	str_buf_add(b, "\r\n");
	if (id == CODEC_OPUS)
		str_buf_add(b, "a=fmtp:%u %s\r\n", pt, OPUS_FMTP);
}

static void write_event(struct str_buf *b, unsigned pt, uint32_t clock_hz, const char *events)
{
	str_buf_add(
		b, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u %s\r\n", pt, clock_hz, pt, events);
}

// Payload type of the i-th codec in our offer: its own, or a dynamic one.
static unsigned offer_pt(const struct codec *codec, unsigned i)
{
	return codec->static_pt >= 0 ? (unsigned)codec->static_pt : 96 + i;
}

// The clocks that telephone-event is offered for: each codec's, and the one that all phones know.
static unsigned event_clocks(const struct sdp_local *local, uint32_t clocks[CODEC_COUNT])
{
	unsigned n = 0;

	for (unsigned i = 0; i <= local->codec_count; i++) {
		bool codec = i < local->codec_count;
		uint32_t hz = codec ? codec_get(local->codecs[i])->clock_hz : EVENT_HZ;
		unsigned k = 0;
		while (k < n && clocks[k] != hz)
			k++;
		if (k == n)
			clocks[n++] = hz;
	}
	return n;
}

// What comes has the numbers of our offer, whatever their answer makes of them.
static void offered_types(const struct sdp_local *local, struct media_params *m)
{
	uint32_t clocks[CODEC_COUNT], hz = m->event_8k ? EVENT_HZ : codec_get(m->codec)->clock_hz;
	unsigned n = event_clocks(local, clocks);

	for (unsigned i = 0; i < local->codec_count; i++)
		if (local->codecs[i] == m->codec)
			m->rx_pt = (uint8_t)offer_pt(codec_get(m->codec), i);
	for (unsigned i = 0; m->event_pt && i < n; i++)
		if (clocks[i] == hz)
			m->rx_event_pt = (uint8_t)(SDP_EVENT_PT + i);
}

int sdp_offer(struct sdp_local *local, char *out, size_t size)
{
	char text[SDP_TEXT_MAX], pts[64], maps[512];
	struct str_buf b, pt, map;
	uint32_t clocks[CODEC_COUNT];
	bool opus = false;

	str_buf_init(&pt, pts, sizeof(pts));
	str_buf_init(&map, maps, sizeof(maps));
	for (unsigned i = 0; i < local->codec_count; i++) {
		unsigned n = offer_pt(codec_get(local->codecs[i]), i);
		opus = opus || local->codecs[i] == CODEC_OPUS;
		str_buf_add(&pt, " %u", n);
		write_payload(&map, local->codecs[i], n);
	}
	unsigned events = event_clocks(local, clocks);
	for (unsigned i = 0; i < events; i++) {
		str_buf_add(&pt, " %u", SDP_EVENT_PT + i);
		write_event(&map, SDP_EVENT_PT + i, clocks[i], "0-15");
	}
	str_buf_init(&b, text, sizeof(text));
	write_head(&b, local, NULL);
	str_buf_add(&b, "m=audio %u %s%s\r\n%s", local->rtp.port,
		media_profile_get(PROFILE_AVP)->protocol, pts, maps);
	str_buf_add(&b, "a=ptime:%u\r\n%sa=sendrecv\r\n", local->ptime_ms ? local->ptime_ms : 20,
		opus ? OPUS_MAXPTIME : "");
	return finish(local, &b, out, size);
}

static const char *direction_name(uint8_t direction)
{
	static const char *const names[] = {
		[0] = "inactive",
		[MEDIA_SEND] = "sendonly",
		[MEDIA_RECV] = "recvonly",
		[MEDIA_SEND | MEDIA_RECV] = "sendrecv",
	};

	return names[direction & (MEDIA_SEND | MEDIA_RECV)];
}

static void write_stream(struct str_buf *b, const struct sdp_local *local,
	const struct sdp_stream *s, const struct media_params *m)
{
	str_buf_add(b, "m=audio %u %s %u", local->rtp.port, media_profile_get(m->profile)->protocol,
		m->pt);
	if (m->event_pt)
		str_buf_add(b, " %u", m->event_pt);
	str_buf_add(b, "\r\n");
	write_payload(b, m->codec, m->pt);
	const struct sdp_payload *event =
		m->event_pt ? choose_event(s, codec_get(m->codec)->clock_hz) : NULL;
	if (event)
		write_event(
			b, m->event_pt, event->clock_hz, event->events == 0xffff ? "0-15" : "0-11");
	str_buf_add(b, "a=ptime:%u\r\n%sa=%s\r\n", m->ptime_ms,
		m->codec == CODEC_OPUS ? OPUS_MAXPTIME : "", direction_name(m->direction));
	if (s->rtcp_mux)
		str_buf_add(b, "a=rtcp-mux\r\n");
}

// m= with port 0: their kind, protocol and first format, so that the lines match up.
static void write_declined(struct str_buf *b, const struct sdp_stream *s)
{
	size_t len = 0;

	while (len < s->formats.len && s->formats.p[len] != ' ')
		len++;
	str_buf_add(b, "m=%.*s 0 %.*s %.*s\r\n", (int)s->kind.len, s->kind.p, (int)s->protocol.len,
		s->protocol.p, (int)len, s->formats.p);
}

enum sdp_refusal sdp_answer(struct sdp_local *local, const struct sdp_text *offer,
	struct media_params *media, char *out, size_t size)
{
	enum sdp_refusal why = SDP_NO_AUDIO;
	char text[SDP_TEXT_MAX];
	unsigned taken;
	struct str_buf b;
	struct sdp sdp;

	if (sdp_read(&sdp, offer->p, offer->len))
		return SDP_MALFORMED;
	for (taken = 0; taken < sdp.stream_count; taken++) {
		enum sdp_refusal r = settle(&sdp, &sdp.streams[taken], local, choose_ours, media);
		if (r == SDP_MEETS)
			break;
		if (r > why) // the reason that came furthest tells most
			why = r;
	}
	if (taken == sdp.stream_count)
		return why;
	str_buf_init(&b, text, sizeof(text));
	write_head(&b, local, &sdp.time);
	for (unsigned i = 0; i < sdp.stream_count; i++) {
		if (i == taken)
			write_stream(&b, local, &sdp.streams[i], media);
		else
			write_declined(&b, &sdp.streams[i]);
	}
	return finish(local, &b, out, size) ? SDP_TOO_LONG : SDP_MEETS;
}

enum sdp_refusal sdp_answer_off(
	struct sdp_local *local, const struct sdp_text *offer, char *out, size_t size)
{
	char text[SDP_TEXT_MAX];
	bool audio = false;
	struct str_buf b;
	struct sdp sdp;

	if (sdp_read(&sdp, offer->p, offer->len))
		return SDP_MALFORMED;
	str_buf_init(&b, text, sizeof(text));
	write_head(&b, local, &sdp.time);
	for (unsigned i = 0; i < sdp.stream_count; i++) {
		if (sdp.streams[i].port)
			return SDP_NO_AUDIO; // another stream takes the audio's place: a fax
		audio = audio || sdp_slice_is(&sdp.streams[i].kind, "audio");
		write_declined(&b, &sdp.streams[i]);
	}
	if (!audio)
		return SDP_NO_AUDIO;
	return finish(local, &b, out, size) ? SDP_TOO_LONG : SDP_MEETS;
}

enum sdp_refusal sdp_accept(
	const struct sdp_local *local, const struct sdp_text *answer, struct media_params *media)
{
	struct sdp sdp;

	if (sdp_read(&sdp, answer->p, answer->len))
		return SDP_MALFORMED;
	if (sdp.stream_count == 0)
		return SDP_NO_AUDIO;
	// We offer one stream: the first line of the answer is its.
	enum sdp_refusal why = settle(&sdp, &sdp.streams[0], local, choose_theirs, media);
	if (why == SDP_MEETS)
		offered_types(local, media);
	return why;
}
