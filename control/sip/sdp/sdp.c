// Reads SDP text (RFC 4566) into struct sdp: bounded, without allocation, from any bytes.
#include "control/sip/sdp/sdp.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/base/str.h"

bool sdp_slice_is(const struct sdp_slice *s, const char *word)
{
	return s->len == strlen(word) && strncasecmp(s->p, word, s->len) == 0;
}

// Takes the next word of printable bytes off the front; an empty one at the end.
static struct sdp_slice slice_word(struct sdp_slice *s, const char *breaks)
{
	while (s->len && strchr(breaks, *s->p) && *s->p)
		s->p++, s->len--;
	struct sdp_slice word = {s->p, 0};
	while (word.len < s->len && !(s->p[word.len] && strchr(breaks, s->p[word.len])))
		word.len++;
	s->p += word.len;
	s->len -= word.len;
	return word;
}

// Decimal, whole slice; false when it is none or above max.
static bool slice_number(const struct sdp_slice *s, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (s->len == 0 || s->len > 9)
		return false;
	for (size_t i = 0; i < s->len; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s->p[i] - '0');
	}
	if (v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool is_multicast(const struct addr *a)
{
	return a->family == ADDR_IP4 ? (a->ip[0] & 0xf0) == 0xe0 : a->ip[0] == 0xff;
}

// "IN IP4 192.0.2.1", as in c= and a=rtcp. False: no literal unicast address.
static bool read_address(struct sdp_slice value, struct addr *out)
{
	struct sdp_slice net = slice_word(&value, " "), type = slice_word(&value, " ");
	struct sdp_slice host = slice_word(&value, " ");
	char text[ADDR_TEXT_MAX];
	struct addr a;

	if (!sdp_slice_is(&net, "IN") || str_copy_n(text, sizeof(text), host.p, host.len))
		return false;
	// A text with '[' or, for IPv4, ':' would be read with a port.
	if (strchr(text, '[') || (sdp_slice_is(&type, "IP4") && strchr(text, ':')) ||
		addr_parse(text, &a) || is_multicast(&a))
		return false;
	if (!(sdp_slice_is(&type, "IP4") && a.family == ADDR_IP4) &&
		!(sdp_slice_is(&type, "IP6") && a.family == ADDR_IP6))
		return false;
	a.port = 0;
	*out = a;
	return true;
}

static void read_connection(struct sdp *sdp, struct sdp_stream *stream, struct sdp_slice value)
{
	struct addr *to = stream ? &stream->connection : &sdp->connection;
	bool *unusable = stream ? &stream->unusable_address : &sdp->unusable_address;

	*unusable = !read_address(value, to);
}

static struct sdp_payload *find_payload(struct sdp_stream *stream, uint32_t pt)
{
	for (unsigned i = 0; i < stream->payload_count; i++)
		if (stream->payloads[i].pt == pt)
			return &stream->payloads[i];
	return NULL;
}

static bool is_rtp(const struct sdp_stream *s)
{
	return s->protocol.len >= 3 && strncasecmp(s->protocol.p, "RTP", 3) == 0;
}

// m=audio 49170[/2] RTP/AVP 0 8 101
static int read_stream(struct sdp *sdp, struct sdp_slice value)
{
	struct sdp_stream *s = &sdp->streams[sdp->stream_count];
	uint32_t port, pt;

	if (sdp->stream_count == SDP_STREAMS_MAX)
		return -EBADMSG;
	*s = (struct sdp_stream){.direction = sdp->direction};
	s->kind = slice_word(&value, " ");
	struct sdp_slice ports = slice_word(&value, " ");
	struct sdp_slice first = slice_word(&ports, "/");
	s->protocol = slice_word(&value, " ");
	slice_word(&value, " \t"); // to measure from the first format on
	s->formats.p = s->protocol.p + s->protocol.len;
	s->formats.len = (size_t)(value.p + value.len - s->formats.p);
	while (s->formats.len && *s->formats.p == ' ')
		s->formats.p++, s->formats.len--;
	if (!s->kind.len || !s->protocol.len || !s->formats.len ||
		!slice_number(&first, UINT16_MAX, &port))
		return -EBADMSG;
	s->port = (uint16_t)port;
	s->profile = media_profile_find(s->protocol.p, s->protocol.len);
	sdp->stream_count++;
	struct sdp_slice rest = s->formats;
	while (is_rtp(s) && rest.len && s->payload_count < SDP_PAYLOADS_MAX) {
		struct sdp_slice word = slice_word(&rest, " ");
		if (word.len == 0)
			break;
		if (!slice_number(&word, 127, &pt))
			return -EBADMSG;
		const struct codec *codec = codec_by_static_pt((uint8_t)pt);
		struct sdp_payload p = {.pt = (uint8_t)pt, .codec = codec ? codec->id : CODEC_NONE};
		p.clock_hz = codec ? codec->clock_hz : 0;
		if (!find_payload(s, pt))
			s->payloads[s->payload_count++] = p;
	}
	return 0;
}

// a=rtpmap:97 PCMA/8000[/1]
static void read_rtpmap(struct sdp_stream *s, struct sdp_slice value)
{
	struct sdp_slice number = slice_word(&value, " "), map = slice_word(&value, " ");
	struct sdp_slice name = slice_word(&map, "/"), clock = slice_word(&map, "/");
	struct sdp_slice channels = slice_word(&map, "/");
	uint32_t pt, hz, n = 1;
	char text[32];

	if (!slice_number(&number, 127, &pt) || !slice_number(&clock, 999999999, &hz) ||
		str_copy_n(text, sizeof(text), name.p, name.len))
		return;
	if (channels.len && !slice_number(&channels, 255, &n))
		return;
	struct sdp_payload *p = find_payload(s, pt);
	if (!p || p->mapped)
		return;
	const struct codec *codec = codec_by_name(text);
	p->mapped = true;
	p->clock_hz = hz;
	p->event = strcasecmp(text, "telephone-event") == 0;
	if (p->event && p->events == 0)
		p->events = 0xffff; // RFC 4733 2.4.1: without fmtp, 0-15
	bool same = codec && codec->clock_hz == hz && n == (codec->channels ? codec->channels : 1);
	p->codec = same ? codec->id : CODEC_NONE;
}

// "0-15", "0-11,16": a bit for each of the events 0 … 15.
static uint16_t read_events(struct sdp_slice list)
{
	uint16_t bits = 0;

	while (list.len) {
		struct sdp_slice range = slice_word(&list, ", ");
		struct sdp_slice low = slice_word(&range, "-"), high = slice_word(&range, "-");
		uint32_t from, to;
		if (!slice_number(&low, 255, &from))
			continue;
		if (!slice_number(&high, 255, &to))
			to = from;
		for (uint32_t e = from; e <= to && e < 16; e++)
			bits |= (uint16_t)(1u << e);
	}
	return bits;
}

static void read_fmtp(struct sdp_stream *s, struct sdp_slice value)
{
	struct sdp_slice number = slice_word(&value, " ");
	uint32_t pt;
	struct sdp_payload *p;

	if (!slice_number(&number, 127, &pt))
		return;
	p = find_payload(s, pt);
	if (p)
		p->fmtp = value;
	// An fmtp may stand before its rtpmap.
	if (p && (p->event || (!p->mapped && p->codec == CODEC_NONE)))
		p->events = read_events(value);
}

static bool read_direction(const struct sdp_slice *name, uint8_t *direction)
{
	static const struct {
		const char *name;
		uint8_t direction;
	} table[] = {
		{"sendrecv", MEDIA_SEND | MEDIA_RECV},
		{"sendonly", MEDIA_SEND},
		{"recvonly", MEDIA_RECV},
		{"inactive", 0},
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (sdp_slice_is(name, table[i].name)) {
			*direction = table[i].direction;
			return true;
		}
	}
	return false;
}

static void read_rtcp(struct sdp_stream *s, struct sdp_slice value)
{
	struct sdp_slice number = slice_word(&value, " ");
	uint32_t port;

	if (!slice_number(&number, UINT16_MAX, &port))
		return;
	s->rtcp = (struct addr){0};
	read_address(value, &s->rtcp); // the address is optional
	s->rtcp.port = (uint16_t)port;
}

static void read_attribute(struct sdp *sdp, struct sdp_stream *s, struct sdp_slice value)
{
	struct sdp_slice name = slice_word(&value, ":");
	uint32_t ms;

	if (read_direction(&name, s ? &s->direction : &sdp->direction) || !s)
		return;
	if (value.len) { // past the colon
		value.p++;
		value.len--;
	}
	if (sdp_slice_is(&name, "rtpmap")) {
		read_rtpmap(s, value);
	} else if (sdp_slice_is(&name, "fmtp")) {
		read_fmtp(s, value);
	} else if (sdp_slice_is(&name, "rtcp")) {
		read_rtcp(s, value);
	} else if (sdp_slice_is(&name, "crypto") && s->crypto_count < SDP_CRYPTO_MAX) {
		s->crypto_count += sdp_crypto_read(value.p, value.len, &s->crypto[s->crypto_count]);
	} else if (sdp_slice_is(&name, "rtcp-mux")) {
		s->rtcp_mux = true;
	} else if (sdp_slice_is(&name, "ptime") || sdp_slice_is(&name, "maxptime")) {
		struct sdp_slice number = slice_word(&value, " .");
		if (slice_number(&number, UINT16_MAX, &ms))
			*(sdp_slice_is(&name, "ptime") ? &s->ptime_ms : &s->maxptime_ms) =
				(uint16_t)ms;
	}
}

static int read_line(struct sdp *sdp, char type, struct sdp_slice value)
{
	struct sdp_stream *s = sdp->stream_count ? &sdp->streams[sdp->stream_count - 1] : NULL;

	switch (type) {
	case 'm':
		return read_stream(sdp, value);
	case 'c':
		read_connection(sdp, s, value);
		return 0;
	case 'a':
		read_attribute(sdp, s, value);
		return 0;
	case 't':
		if (!sdp->time.p)
			sdp->time = value;
		return 0;
	default:
		return 0;
	}
}

static bool printable(const struct sdp_slice *line)
{
	for (size_t i = 0; i < line->len; i++)
		if ((unsigned char)line->p[i] < ' ' && line->p[i] != '\t')
			return false;
	return true;
}

int sdp_read(struct sdp *out, const char *text, size_t len)
{
	struct sdp_slice rest = {text, len};
	bool version = false;

	*out = (struct sdp){.direction = MEDIA_SEND | MEDIA_RECV};
	while (rest.len) {
		const char *end = memchr(rest.p, '\n', rest.len);
		struct sdp_slice line = {rest.p, end ? (size_t)(end - rest.p) : rest.len};
		rest.p += line.len + (end ? 1 : 0);
		rest.len -= line.len + (end ? 1 : 0);
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0)
			continue;
		if (line.len < 2 || line.p[1] != '=' || !printable(&line))
			return -EBADMSG;
		struct sdp_slice value = {line.p + 2, line.len - 2};
		if (!version && (line.p[0] != 'v' || !sdp_slice_is(&value, "0")))
			return -EBADMSG;
		version = true;
		if (read_line(out, line.p[0], value))
			return -EBADMSG;
	}
	return version ? 0 : -EBADMSG;
}
