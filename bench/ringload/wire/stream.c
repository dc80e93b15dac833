// RTP of one party (RFC 3550, RFC 4733): what it says and presses, what it hears.
#include "bench/ringload/wire/stream.h"

#include <arpa/inet.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

#define RTP_HEAD     12u
#define TICK_NS	     125000ll // of the 8 kHz clock
#define SAMPLES_MS   8u
#define EVENT_ENDS   3u // the last packet of a telephone-event is sent so often
#define EVENT_VOLUME 10
#define STAMP_MAGIC  0x52494e47u

// Leads a payload where the profile says so.
struct stamp {
	uint32_t magic, id, count, call;
	uint64_t sent_ns;
};

static uint64_t stream_key(uint16_t line, const struct addr *remote)
{
	uint64_t ip[2];

	memcpy(ip, remote->ip, sizeof(ip));
	return hash_u64(ip[0] ^ hash_u64(ip[1] ^ ((uint64_t)remote->port << 32) ^ line));
}

void stream_open(struct desk *d, struct stream *s)
{
	const struct sound_set *set = d->sounds;

	s->open = true;
	s->seq = (uint16_t)rng_u64(d->rng);
	s->ssrc = (uint32_t)rng_u64(d->rng);
	s->ts = (uint32_t)rng_u64(d->rng);
	s->speech = &set->speech[rng_below(d->rng, set->count)];
	s->began_at = s->at = rng_below(d->rng, s->speech->len);
	s->count = s->stamp_next = s->peer_heard = s->peer_wrong = 0;
	s->press_ns = 0;
	s->heard = false;
	s->received = s->prompt_good = s->prompt_wrong = 0;
	hash_insert(&d->remotes, &s->node, stream_key(s->path.line, &s->path.to));
}

void stream_close(struct desk *d, struct stream *s)
{
	if (s->open)
		hash_remove(&d->remotes, &s->node);
	s->open = false;
}

struct stream *stream_find(struct desk *d, uint16_t line, const struct addr *from)
{
	uint64_t key = stream_key(line, from);

	for (struct hash_node *n = hash_first(&d->remotes, key); n; n = hash_next(n)) {
		struct stream *s = (struct stream *)(void *)n; // node is its first member

		if (s->path.line == line && addr_equal(&s->path.to, from))
			return s;
	}
	return NULL;
}

// Where in the plan of digits a packet stands.
struct digit_place {
	unsigned event, step, on; // packets from its beginning; packets that the tone takes
	bool pressed;		  // else before, between or after
};

static struct digit_place stream_digit(const struct desk *d, const struct stream *s)
{
	const struct profile *p = d->profile;
	unsigned on = (p->digit_on_ms + p->ptime_ms - 1) / p->ptime_ms;
	unsigned off = (p->digit_off_ms + p->ptime_ms - 1) / p->ptime_ms;
	unsigned first = p->digits_at_ms / p->ptime_ms;
	struct digit_place at = {.on = on};

	if (s->digits == DIGITS_NONE || s->count < first)
		return at;
	if (s->digits == DIGITS_EVENT && off < EVENT_ENDS)
		off = EVENT_ENDS;
	unsigned index = (s->count - first) / (on + off);
	if (index >= strlen(p->digits))
		return at;
	at.pressed = true;
	at.step = (s->count - first) % (on + off);
	at.event = (unsigned)(strchr(DIGIT_NAMES, p->digits[index]) - DIGIT_NAMES);
	return at;
}

static const uint8_t *stream_speech(const struct desk *d, struct stream *s, uint32_t bytes)
{
	if (s->at + bytes > s->speech->len)
		s->at = 0;
	const uint8_t *body = s->speech->bytes + s->at;
	s->at += bytes;
	return body;
}

static void rtp_head(uint8_t *head, const struct stream *s, uint8_t pt, uint32_t ts)
{
	uint16_t seq = htons(s->seq);
	uint32_t word[2] = {htonl(ts), htonl(s->ssrc)};

	head[0] = 0x80;
	head[1] = pt;
	memcpy(head + 2, &seq, sizeof(seq));
	memcpy(head + 4, word, sizeof(word));
}

// A telephone-event's packet; its timestamp is that of the event's beginning.
static uint32_t stream_event(
	const struct desk *d, const struct stream *s, struct digit_place at, uint8_t *head)
{
	uint32_t step = d->profile->ptime_ms * SAMPLES_MS;
	unsigned shown = at.step < at.on ? at.step + 1 : at.on;
	uint16_t duration = htons((uint16_t)(shown * step));

	rtp_head(head, s, s->event_pt | (at.step == 0 ? 0x80 : 0), s->ts - at.step * step);
	head[RTP_HEAD] = (uint8_t)at.event;
	head[RTP_HEAD + 1] = EVENT_VOLUME | (at.step + 1 >= at.on ? 0x80 : 0);
	memcpy(head + RTP_HEAD + 2, &duration, sizeof(duration));
	return RTP_HEAD + 4;
}

static void stream_emit(
	struct desk *d, struct stream *s, const struct media_packet *packet, uint64_t now_ns)
{
	unsigned copies = 1;

	if (d->impair->active)
		copies = impair_judge(d->impair, &s->path, packet, now_ns / NS_PER_MS);
	for (unsigned i = 0; i < copies; i++)
		d->port->driver->send(d->port, &s->path, packet);
}

const uint8_t *stream_said(const struct desk *d, struct stream *s, uint32_t *skip)
{
	uint32_t bytes = d->profile->ptime_ms * SAMPLES_MS;
	struct digit_place at = stream_digit(d, s);

	// A stamp would break a tone.
	*skip = d->profile->stamps && !at.pressed ? sizeof(struct stamp) : 0;
	if (at.pressed && s->digits == DIGITS_EVENT && at.step < at.on + EVENT_ENDS - 1)
		return NULL;
	const uint8_t *speech = stream_speech(d, s, bytes);
	if (!at.pressed || s->digits != DIGITS_INBAND)
		return speech;
	return at.step < at.on ? d->sounds->digit[at.event].bytes + at.step * bytes
			       : d->sounds->silence.bytes;
}

void stream_send(struct desk *d, struct stream *s, uint64_t due_ns, uint64_t now_ns)
{
	uint32_t bytes = d->profile->ptime_ms * SAMPLES_MS;
	struct media_packet packet;
	uint8_t *head = packet.head;
	uint32_t skip;

	packet.body = stream_said(d, s, &skip);
	if (!packet.body) {
		packet.head_len = stream_event(d, s, stream_digit(d, s), head);
		packet.body_len = 0;
	} else {
		rtp_head(head, s, (d->profile->codec == LAW_PCMU ? 0 : 8) | (s->count ? 0 : 0x80),
			s->ts);
		packet.head_len = RTP_HEAD;
		packet.body_len = bytes;
	}
	if (skip && packet.body) {
		struct stamp stamp = {STAMP_MAGIC, s->id, s->count, s->call, now_ns};

		memcpy(head + RTP_HEAD, &stamp, sizeof(stamp));
		packet.head_len += sizeof(stamp);
		packet.body_len -= sizeof(stamp);
	}
	if (!s->press_ns && stream_digit(d, s).pressed)
		s->press_ns = now_ns;
	stream_emit(d, s, &packet, now_ns);
	s->seq++;
	s->ts += bytes;
	s->count++;
	tally_count(d->tally, now_ns, TALLY_SENT, 1);
	tally_add(d->tally, now_ns, TALLY_SEND_LATE, now_ns > due_ns ? now_ns - due_ns : 0);
}

// Sequence numbers: what is missing, what came twice or too late. True: the newest so far.
static bool stream_sequence(struct desk *d, struct stream *s, uint16_t seq, uint64_t at_ns)
{
	int step = (int16_t)(seq - s->rx_seq);

	if (step <= 0) {
		bool again = step <= -64 || (s->seen >> -step & 1);

		tally_count(d->tally, at_ns, again ? TALLY_DOUBLE : TALLY_LATE, 1);
		if (!again) {
			s->seen |= 1ull << -step;
			if (!d->profile->stamps)
				tally_count(d->tally, at_ns, TALLY_LOST, -1);
		}
		return false;
	}
	if (step > 1 && !d->profile->stamps)
		tally_count(d->tally, at_ns, TALLY_LOST, step - 1);
	s->seen = step < 64 ? s->seen << step | 1 : 1;
	s->rx_seq = seq;
	return true;
}

// A relay writes sequence numbers of its own, so the sender's count tells what is missing.
static void stream_stamp(struct desk *d, struct stream *s, const uint8_t *sound, uint64_t at_ns)
{
	struct stamp stamp;

	memcpy(&stamp, sound, sizeof(stamp));
	if (stamp.magic != STAMP_MAGIC)
		return;
	bool peer = stamp.call == s->call && stamp.id != s->id;
	s->peer_heard += peer;
	s->peer_wrong += !peer;
	if (stamp.count > s->stamp_next && s->stamp_next > 0)
		tally_count(d->tally, at_ns, TALLY_LOST, (int)(stamp.count - s->stamp_next));
	else if (stamp.count < s->stamp_next)
		tally_count(d->tally, at_ns, TALLY_LOST, -1);
	if (stamp.count >= s->stamp_next)
		s->stamp_next = stamp.count + 1;
	tally_add(d->tally, at_ns, TALLY_DELAY, at_ns > stamp.sent_ns ? at_ns - stamp.sent_ns : 0);
}

static void stream_prompt(
	const struct desk *d, struct stream *s, uint32_t at, const uint8_t *sound, uint32_t len)
{
	const struct sound *prompt = s->prompt;

	while (len > 0 && (d->profile->prompt_loops || at < prompt->len)) {
		uint32_t from = at % prompt->len;
		uint32_t n = len < prompt->len - from ? len : prompt->len - from;

		if (memcmp(prompt->bytes + from, sound, n) == 0)
			s->prompt_good += n;
		else
			s->prompt_wrong += n;
		at += n;
		sound += n;
		len -= n;
	}
}

static void stream_timing(
	struct desk *d, struct stream *s, uint32_t ts, uint64_t at_ns, bool marker)
{
	int64_t step_ns = (int64_t)(int32_t)(ts - s->rx_ts) * TICK_NS;
	int64_t spacing_ns = (int64_t)(at_ns - s->rx_ns);
	int64_t transit_ns = (int64_t)at_ns - (int64_t)(int32_t)(ts - s->first_ts) * TICK_NS;
	int64_t off_ns = spacing_ns > step_ns ? spacing_ns - step_ns : step_ns - spacing_ns;

	if (marker || transit_ns < s->transit_ns)
		s->transit_ns = transit_ns;
	if (!marker) {
		if (step_ns == (int64_t)(d->profile->ptime_ms * NS_PER_MS))
			tally_add(d->tally, at_ns, TALLY_SPACING,
				spacing_ns > 0 ? (uint64_t)spacing_ns : 0);
		tally_add(d->tally, at_ns, TALLY_OFF, (uint64_t)off_ns);
	}
	if (!d->profile->stamps)
		tally_add(d->tally, at_ns, TALLY_DELAY, (uint64_t)(transit_ns - s->transit_ns));
}

static void stream_begin(struct stream *s, uint16_t seq, uint32_t ssrc, uint32_t ts, uint64_t at_ns)
{
	s->heard = true;
	s->rx_seq = seq - 1;
	s->seen = ~0ull;
	s->rx_ssrc = ssrc;
	s->first_ts = s->rx_ts = ts;
	s->transit_ns = (int64_t)at_ns;
	s->rx_ns = at_ns;
}

void stream_receive(struct desk *d, struct stream *s, const struct socket_packet *p)
{
	uint16_t seq;
	uint32_t word[2];

	if (p->len < RTP_HEAD || p->data[0] >> 6 != 2)
		return;
	uint32_t head = RTP_HEAD + 4u * (p->data[0] & 15);
	memcpy(&seq, p->data + 2, sizeof(seq));
	memcpy(word, p->data + 4, sizeof(word));
	uint32_t ts = ntohl(word[0]), pt = p->data[1] & 127;
	bool first = !s->heard || ntohl(word[1]) != s->rx_ssrc;
	if (first)
		stream_begin(s, ntohs(seq), ntohl(word[1]), ts, p->at_ns);
	s->received++;
	tally_count(d->tally, p->at_ns, TALLY_RECEIVED, 1);
	bool newest = stream_sequence(d, s, ntohs(seq), p->at_ns);
	if (pt != 0 && pt != 8) {
		d->events_heard++;
		return;
	}
	if (head < p->len && s->prompt)
		stream_prompt(d, s, ts - s->first_ts, p->data + head, p->len - head);
	if (d->profile->stamps && p->len >= head + sizeof(struct stamp))
		stream_stamp(d, s, p->data + head, p->at_ns);
	if (!newest)
		return;
	if (!first)
		stream_timing(d, s, ts, p->at_ns, p->data[1] & 0x80);
	s->rx_ts = ts;
	s->rx_ns = p->at_ns;
}

uint32_t stream_pressed(const struct desk *d, const struct stream *s)
{
	const struct profile *p = d->profile;
	uint32_t digits = (uint32_t)strlen(p->digits);
	uint32_t end_ms =
		p->digits_at_ms + digits * (p->digit_on_ms + p->digit_off_ms + p->ptime_ms);

	return s->digits != DIGITS_NONE && s->count * p->ptime_ms > end_ms ? digits : 0;
}

bool stream_prompt_whole(const struct desk *d, const struct stream *s)
{
	if (s->prompt_wrong > 0)
		return false;
	return d->profile->prompt_loops ? s->prompt_good > 0 : s->prompt_good >= s->prompt->len;
}
