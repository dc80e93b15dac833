// Frames whose missing sound is made up.
#include "engine/voice/decode.h"

#include "dsp/codec.h"
#include "dsp/conceal.h"

#define BYTES_PER_MS   JITTER_BYTES_PER_MS
#define SAMPLES_PER_MS (FRAME_RATE / 1000)

struct heard { // a frame's samples and, where it has come already, the millisecond after it
	int16_t samples[FRAME_SAMPLES + SAMPLES_PER_MS];
	bool more;
};

// Milliseconds from `ms` on that are all there, or all are not.
static unsigned run_of(uint32_t present, unsigned ms)
{
	unsigned n = 1;

	while (ms + n < TICK_MS && (present >> (ms + n) & 1) == (present >> ms & 1))
		n++;
	return n;
}

// Makes up the run from `ms` on, joined to what follows where that is known.
static uint32_t fill(struct conceal *c, struct heard *h, uint32_t present, unsigned ms)
{
	unsigned run = run_of(present, ms), end = ms + run;
	unsigned after = end < TICK_MS ? run_of(present, end) : h->more;
	uint32_t n = run * SAMPLES_PER_MS;

	if (after > 0)
		conceal_hole(c, h->samples + ms * SAMPLES_PER_MS, n, after * SAMPLES_PER_MS);
	else
		conceal_lost(c, h->samples + ms * SAMPLES_PER_MS, n);
	return n;
}

// Sound runs of a frame in turn. Only bytes whose samples are not what they were are written.
static void patch(struct conceal *c, struct heard *h, struct law_frame *f)
{
	for (unsigned ms = 0; ms < TICK_MS; ms += run_of(f->head.present, ms)) {
		int16_t *at = h->samples + ms * SAMPLES_PER_MS;
		uint32_t run = run_of(f->head.present, ms) * SAMPLES_PER_MS;
		uint32_t changed = f->head.present >> ms & 1 ? conceal_good(c, at, run)
							     : fill(c, h, f->head.present, ms);
		codec_get(f->law)->encode(f->bytes + ms * BYTES_PER_MS, at, changed);
	}
}

// The next pull's first millisecond; of a codec with state it could not be decoded before its turn.
static void look_ahead(struct session_table *t, const struct session *s, struct heard *h)
{
	const uint8_t *next = NULL;

	if (!(s->in_flags & IN_CODED))
		next = jitter_peek(session_jitter(t, s));
	h->more = next != NULL;
	if (next)
		codec_get(s->in_codec)->decode(h->samples + FRAME_SAMPLES, next, BYTES_PER_MS);
}

bool decode_conceal(struct worker *w, struct session *s, struct law_frame *f)
{
	struct session_table *t = w->sessions;
	struct heard h;

	if (f->head.over)
		return false;
	if (s->conceal == POOL_NONE)
		return true; // missing milliseconds are the codec's silence already
	struct conceal *c = (struct conceal *)(t->conceal_mem + s->conceal * t->conceal_bytes);
	codec_get(f->law)->decode(h.samples, f->bytes, FRAME_BYTES);
	look_ahead(t, s, &h);
	patch(c, &h, f);
	return true;
}
