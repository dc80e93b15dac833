// Placing a session's payload on a recording's time line.
#include "engine/voice/tap_side.h"

#include <errno.h>
#include <string.h>

#include "engine/voice/coder.h"
#include "engine/voice/encode.h"

#define NS_PER_SAMPLE 125000
#define PER_MS	      (FRAME_RATE / 1000)
#define APART	      (TAP_APART_MS * PER_MS)
#define QUIET	      (TAP_QUIET_MS * PER_MS)
#define WINDOW	      (1000 * PER_MS) // of the quickest packet; two of them are looked at
#define STEADY	      (5 * PER_MS)    // from one to the next: more is a backlog being caught up
#define NONE	      INT32_MAX	      // no packet in the window
#define QUIET_CODE    16	      // G.711 magnitudes up to that are quiet, about -45 dBm0

int tap_side_start(struct worker *w, struct session *s, const struct gate_record *r)
{
	if (r->side > SIDE_RIGHT || (r->law != CODEC_PCMU && r->law != CODEC_PCMA) ||
		r->writer >= w->config->workers)
		return -EINVAL;
	tap_side_stop(w, s);
	s->tap = (struct tap_side){
		.start_ns = r->start_ns,
		.recording = r->recording,
		.side = r->side,
		.law = r->law,
		.writer = r->writer,
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
		.writer = t->writer,
		.first = !t->sounded,
	};

	if (!(s->in_flags & IN_TAPPED))
		return;
	s->in_flags &= (uint16_t)~IN_TAPPED;
	worker_tap(w, &f);
}

// --- where a line stands ---

// May be before the recording's start.
static int64_t arrival_position(const struct worker *w, const struct tap_side *t)
{
	return ((int64_t)w->now_ns - (int64_t)t->start_ns) / NS_PER_SAMPLE;
}

static int64_t position_of(const struct tap_side *t, uint32_t ts)
{
	return t->anchor_position + (int32_t)(ts - t->anchor_ts);
}

// Never over the line before. The first one may lie before the recording, as far as its first
// packets were held up: what was said by then is left out, and nothing after it.
static void begin(struct tap_side *t, uint32_t line, uint32_t ts, int64_t arrival)
{
	int64_t floor = t->anchored ? t->line_position + t->line_samples : INT64_MIN / 2;
	int64_t position = arrival > floor ? arrival : floor;

	t->anchored = true;
	t->line = line;
	t->anchor_ts = ts;
	t->anchor_position = t->line_position = position;
	t->line_samples = 0;
	t->room = position - floor < UINT32_MAX ? (uint32_t)(position - floor) : UINT32_MAX;
	t->least = t->least_before = NONE;
	t->owed = 0;
	t->window_end = (uint32_t)arrival + WINDOW;
}

// Everything from here on lies so much later; negative: earlier.
static void shift(struct tap_side *t, int32_t samples)
{
	t->anchor_position += samples;
	t->least -= t->least != NONE ? samples : 0;
	t->least_before -= t->least_before != NONE ? samples : 0;
	t->owed = 0;
}

// The quickest packets of two windows came later than their sound lies, and it stays so: silence
// is owed.
static void close_window(struct tap_side *t, uint32_t arrival)
{
	bool known = t->least != NONE && t->least_before != NONE;
	int32_t least = t->least, before = t->least_before;

	t->owed = 0;
	if (known && least > 0 && before > 0 && before - least <= STEADY)
		t->owed = least;
	t->least_before = t->least;
	t->least = NONE;
	t->window_end = arrival + WINDOW;
}

static void measure(struct worker *w, struct tap_side *t, uint32_t line, uint32_t ts)
{
	int64_t arrival = arrival_position(w, t);

	if (!t->anchored || t->line != line)
		begin(t, line, ts, arrival);
	if ((int32_t)((uint32_t)arrival - t->window_end) >= 0)
		close_window(t, (uint32_t)arrival);
	int64_t late = arrival - position_of(t, ts);
	if (late < t->least)
		t->least = late > INT32_MIN / 2 ? (int32_t)late : INT32_MIN / 2;
}

// --- laying sound ---

struct tap_piece { // sound to be laid
	const uint8_t *payload;
	uint32_t len, ts;
	uint8_t codec; // G.711
};

static bool is_quiet(const struct tap_piece *p)
{
	uint8_t silence = codec_get(p->codec)->silence, loudest = 0;

	for (uint32_t i = 0; i < p->len; i++) {
		uint8_t size = (p->payload[i] ^ silence) & 0x7f;

		loudest = size > loudest ? size : loudest;
	}
	return loudest <= QUIET_CODE;
}

static void push(struct worker *w, struct tap_side *t, const struct tap_piece *p, int64_t position)
{
	uint8_t converted[TAP_PAYLOAD_MAX];

	for (uint32_t at = position < 0 ? (uint32_t)-position : 0; at < p->len;
		at += TAP_PAYLOAD_MAX) {
		uint32_t n = p->len - at < TAP_PAYLOAD_MAX ? p->len - at : TAP_PAYLOAD_MAX;
		struct tap_frame f = {
			.kind = TAP_SOUND,
			.side = t->side,
			.bytes = (uint16_t)n,
			.recording = t->recording,
			.position = (uint64_t)(position + at),
			.payload = p->payload + at,
			.writer = t->writer,
			.first = !t->sounded,
		};
		t->sounded = true;
		if (p->codec != t->law) {
			encode_convert(converted, t->law, f.payload, p->codec, n);
			f.payload = converted;
		}
		worker_tap(w, &f);
	}
}

// What the line has so far, as far as there is room before it.
static void move_back(struct worker *w, struct tap_side *t, uint32_t samples)
{
	int64_t from = t->line_position, to = from + t->line_samples;

	samples = samples < t->room ? samples : t->room;
	if (samples == 0)
		return;
	if (from < 0)
		from = 0; // what lies before the start is not there
	if (to > from) {
		struct tap_frame f = {
			.kind = TAP_MOVE,
			.side = t->side,
			.recording = t->recording,
			.position = (uint64_t)from,
			.bytes = (uint16_t)(to - from),
			.by = samples,
			.writer = t->writer,
		};
		worker_tap(w, &f);
	}
	t->room -= samples;
	t->line_position -= samples;
	shift(t, -(int32_t)samples);
}

static int32_t early_of(const struct tap_side *t)
{
	return t->least < 0 ? -t->least : 0;
}

// The silence between what is laid and this piece, as far as it is early: timestamps that run ahead
// of the clock leave such.
static void close_gap(struct tap_side *t, const struct tap_piece *p)
{
	int64_t gap = position_of(t, p->ts) - (t->line_position + t->line_samples);
	int32_t early = early_of(t);

	if (gap > 0)
		shift(t, gap < early ? -(int32_t)gap : -early);
}

// Before a piece is laid: returns how much of its begin is cut.
static uint32_t correct(struct worker *w, struct tap_side *t, const struct tap_piece *p)
{
	int32_t early = early_of(t);

	if (early > QUIET && t->line_samples <= TAP_MOVE_MS * PER_MS &&
		!worker_taps_shared(w, t->recording, t->side)) {
		move_back(w, t, (uint32_t)early);
		early = early_of(t);
	}
	if (early > QUIET) {
		close_gap(t, p);
		early = early_of(t);
	}
	if (early > APART || (early > QUIET && is_quiet(p))) {
		uint32_t cut = (uint32_t)early < p->len ? (uint32_t)early : p->len;
		shift(t, -(int32_t)cut);
		return cut;
	}
	if (t->owed > APART || (t->owed > QUIET && is_quiet(p)))
		shift(t, t->owed);
	return 0;
}

// The line has sound from a place to another.
static void extend(struct tap_side *t, int64_t from, int64_t to)
{
	int64_t end = t->line_position + t->line_samples;

	if (from < t->line_position) { // it was overtaken
		int64_t by = t->line_position - from;
		t->room = by < t->room ? t->room - (uint32_t)by : 0;
		t->line_position = from;
	}
	end = to > end ? to : end;
	t->line_samples = (uint32_t)(end - t->line_position);
}

static void lay(struct worker *w, struct tap_side *t, const struct tap_piece *all)
{
	uint32_t cut = correct(w, t, all);
	struct tap_piece p = *all;

	p.payload += cut;
	p.len -= cut;
	int64_t position = position_of(t, all->ts) + cut;
	if (p.len == 0 || position + p.len <= 0)
		return;
	push(w, t, &p, position);
	extend(t, position, position + p.len);
}

// --- as it arrives ---

void tap_side_fetch(const struct worker *w, const struct session *s)
{
	const struct tap_side *t = &s->tap;

	if (t->writer == w->id)
		tap_fetch(w->tap, t->recording, t->side,
			(uint64_t)t->line_position + t->line_samples);
}

void tap_side_sound(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	struct tap_piece piece = {p->payload, p->len, p->ts, s->in_codec};

	measure(w, &s->tap, p->line, p->ts);
	lay(w, &s->tap, &piece);
}

// --- out of the ear ---

void tap_side_heard(struct worker *w, struct session *s, uint32_t line, uint32_t ts)
{
	measure(w, &s->tap, line, ts);
}

struct tap_frame_at tap_side_at(struct worker *w, const struct session *s)
{
	const struct jitter *j = session_jitter(w->sessions, s);

	return (struct tap_frame_at){.line = j->ssrc, .ts = jitter_ts(j) - FRAME_SAMPLES};
}

void tap_side_frame(struct worker *w, struct session *s, const struct law_frame *f,
	const struct tap_frame_at *at)
{
	struct tap_piece piece = {f->bytes, FRAME_BYTES, at->ts, f->law};

	if (s->tap.anchored && s->tap.line == at->line)
		lay(w, &s->tap, &piece);
}

void tap_side_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES],
	const struct tap_frame_at *at)
{
	uint8_t payload[FRAME_BYTES];
	struct tap_piece piece = {payload, FRAME_BYTES, at->ts, s->tap.law};

	if (!s->tap.anchored || s->tap.line != at->line)
		return;
	codec_get(s->tap.law)->encode(payload, samples, FRAME_SAMPLES);
	lay(w, &s->tap, &piece);
}
