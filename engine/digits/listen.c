// Frames to digits, and the level of what is heard.
#include "engine/digits/listen.h"

#include "dsp/codec.h"
#include "dsp/level.h"
#include "engine/digits/collect.h"

#define DIGIT_GAP_MS 100 // a longer hole ends a digit
#define LEVEL_TICKS  50	 // the level is measured once a second, where watch.c does not
#define BYTES_PER_MS JITTER_BYTES_PER_MS

static void edges(struct worker *w, struct session *s, const struct dtmf_edge e[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct collect_digit c = {.source = DIGIT_INBAND, .digit = e[i].digit};
		if (e[i].begin)
			collect_begin(w, s, &c);
		else
			collect_end(w, s, DIGIT_INBAND, e[i].digit);
	}
}

static void listen(
	struct worker *w, struct session *s, enum codec_id codec, const uint8_t *bytes, uint32_t n)
{
	struct dtmf_edge e[DTMF_EDGES_MAX];
	int16_t samples[FRAME_SAMPLES];

	edges(w, s, e, dtmf_gate_frame(session_gate(w->sessions, s), bytes, n, e));
	if (n == FRAME_BYTES && !(s->in_flags & IN_WATCHED) && s->level_run-- == 0) {
		codec_get(codec)->decode(samples, bytes, n);
		s->level_dbm0 = (int8_t)level_dbm0(samples, n);
		s->level_run = LEVEL_TICKS;
	}
}

static void hole(struct worker *w, struct session *s)
{
	struct dtmf_gate *g = session_gate(w->sessions, s);
	char digit = dtmf_gate_digit(g);

	if (digit)
		collect_end(w, s, DIGIT_INBAND, digit);
	dtmf_gate_reset(g);
}

void digits_listen(struct worker *w, struct session *s, const struct law_frame *f)
{
	if (f->head.present == FRAME_WHOLE) {
		listen(w, s, f->law, f->bytes, FRAME_BYTES);
		return;
	}
	if (f->head.present == 0) {
		if (s->absent_ms >= DIGIT_GAP_MS && s->absent_ms < DIGIT_GAP_MS + TICK_MS)
			hole(w, s);
		return;
	}
	for (unsigned ms = 0; ms < TICK_MS;) {
		unsigned n = 0;
		while (ms + n < TICK_MS && (f->head.present >> (ms + n) & 1))
			n++;
		if (n > 0)
			listen(w, s, f->law, f->bytes + ms * BYTES_PER_MS, n * BYTES_PER_MS);
		ms += n + 1;
	}
}
