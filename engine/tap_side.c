// Placing a session's payload on a recording's time line.
#include "engine/tap_side.h"

#include <errno.h>
#include <string.h>

#include "engine/coder.h"
#include "engine/encode.h"

#define NS_PER_SAMPLE 125000
#define DRIFT_SAMPLES (TAP_DRIFT_MS * 8)
#define TICKS_OFF     (2 * FRAME_SAMPLES)

int tap_side_start(struct worker *w, struct session *s, const struct gate_record *r)
{
	if (r->side > SIDE_RIGHT || (r->law != CODEC_PCMU && r->law != CODEC_PCMA))
		return -EINVAL;
	tap_side_stop(w, s);
	s->tap = (struct tap_side){
		.start_ns = r->start_ns,
		.recording = r->recording,
		.side = r->side,
		.law = r->law,
	};
	s->in_flags |= IN_TAPPED;
	return 0;
}

void tap_side_stop(struct worker *w, struct session *s)
{
	struct tap_side *t = &s->tap;
	struct tap_frame f = {
		.kind = TAP_END,
		.side = t->side,
		.recording = t->recording,
	};

	if (!(s->in_flags & IN_TAPPED))
		return;
	s->in_flags &= (uint16_t)~IN_TAPPED;
	worker_tap(w, &f);
}

static uint64_t arrival_position(const struct worker *w, const struct tap_side *t)
{
	return w->now_ns > t->start_ns ? (w->now_ns - t->start_ns) / NS_PER_SAMPLE : 0;
}

static void anchor(struct tap_side *t, const struct rtp_packet *p, uint64_t position)
{
	t->anchored = true;
	t->anchor_position = position;
	t->anchor_ts = p->ts;
	t->line = p->line;
	t->off_count = 0;
}

// Whether the timestamp moved otherwise than both the packets before it and the clock did.
static bool jumped(const struct worker *w, const struct tap_side *t, const struct rtp_packet *p)
{
	int32_t step = (int32_t)(p->ts - t->prior_end_ts);
	int64_t clock = (int64_t)((w->now_ns - t->prior_ns) / NS_PER_SAMPLE);

	if (step <= 0 && step > -DRIFT_SAMPLES)
		return false; // in order, or reordered
	return step - clock > DRIFT_SAMPLES || step - clock < -DRIFT_SAMPLES;
}

// Where the packet belongs; may be before the recording's start.
static int64_t place(struct worker *w, struct tap_side *t, const struct rtp_packet *p)
{
	uint64_t arrival = arrival_position(w, t);

	if (!t->anchored || t->line != p->line || jumped(w, t, p))
		anchor(t, p, arrival);
	int64_t position = (int64_t)t->anchor_position + (int32_t)(p->ts - t->anchor_ts);
	int64_t off = position - (int64_t)arrival;
	t->off_count = off > DRIFT_SAMPLES || off < -DRIFT_SAMPLES ? t->off_count + 1 : 0;
	if (t->off_count >= TAP_DRIFT_PACKETS) {
		anchor(t, p, arrival);
		position = (int64_t)arrival;
	}
	return position;
}

static void put(
	struct worker *w, struct session *s, const struct rtp_packet *p, enum codec_id codec)
{
	struct tap_side *t = &s->tap;
	int64_t position = place(w, t, p);
	uint32_t skip = position < 0 ? (uint32_t)-position : 0;

	t->prior_ns = w->now_ns;
	if (!t->heard || t->line != p->line || (int32_t)(p->ts + p->len - t->prior_end_ts) > 0 ||
		t->anchor_ts == p->ts)
		t->prior_end_ts = p->ts + p->len;
	t->heard = true;
	for (uint32_t at = skip; at < p->len; at += TAP_PAYLOAD_MAX) {
		uint32_t n = p->len - at < TAP_PAYLOAD_MAX ? p->len - at : TAP_PAYLOAD_MAX;
		uint8_t converted[TAP_PAYLOAD_MAX];
		struct tap_frame f = {
			.kind = TAP_SOUND,
			.side = t->side,
			.bytes = (uint16_t)n,
			.recording = t->recording,
			.position = (uint64_t)(position + at),
			.payload = p->payload + at,
		};
		if (codec != t->law) {
			encode_convert(converted, t->law, f.payload, codec, n);
			f.payload = converted;
		}
		worker_tap(w, &f);
	}
}

void tap_side_fetch(const struct worker *w, const struct session *s)
{
	const struct tap_side *t = &s->tap;
	uint64_t next = t->anchor_position + (t->prior_end_ts - t->anchor_ts);

	tap_fetch(w->tap, t->recording, t->side, next);
}

void tap_side_sound(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	put(w, s, p, s->in_codec);
}

void tap_side_samples(struct worker *w, struct session *s, const struct tap_samples *f)
{
	uint8_t payload[FRAME_BYTES];
	struct rtp_packet p = {
		.payload = payload, .len = FRAME_BYTES, .ts = f->ts, .line = f->line};

	codec_get(s->tap.law)->encode(payload, f->samples, FRAME_SAMPLES);
	put(w, s, &p, s->tap.law);
}

// Ticks are 20 ms apart; only where some were missed does the clock say how far they are.
void tap_side_frame(struct worker *w, struct session *s, const struct law_frame *f)
{
	struct coder *c = coder_of(w->sessions, s);
	uint32_t clock_ts = (uint32_t)(w->now_ns / NS_PER_SAMPLE);
	int32_t off = (int32_t)(clock_ts - c->tap_ts);

	if (off > TICKS_OFF || off < -TICKS_OFF)
		c->tap_ts = clock_ts;
	struct rtp_packet p = {
		.payload = f->bytes, .len = FRAME_BYTES, .ts = c->tap_ts, .line = s->rx.line};
	c->tap_ts += FRAME_SAMPLES;
	put(w, s, &p, f->law);
}
