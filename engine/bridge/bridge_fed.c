// What a session is fed by its bridge.
#include "engine/bridge/bridge_fed.h"

#include "engine/digits/dial.h"
#include "engine/voice/encode.h"

#define QUIET 32 // of each of four A-law parties

static bool feeds(const struct fed *f)
{
	return f->s->fed_by == f->from && (f->s->out_flags & OUT_SEND);
}

// A-law has no zero.
static bool is_silent(const int16_t samples[FRAME_SAMPLES])
{
	int quietest = 0, loudest = 0;

	for (unsigned i = 0; i < FRAME_SAMPLES; i++) {
		quietest = samples[i] < quietest ? samples[i] : quietest;
		loudest = samples[i] > loudest ? samples[i] : loudest;
	}
	return loudest <= QUIET && quietest >= -QUIET;
}

static bool sounds(const struct fed *f)
{
	return feeds(f) && !session_busy(f->s);
}

void fed_packet(const struct fed *f, const struct rtp_packet *p, enum codec_id codec)
{
	if (sounds(f))
		encode_relay(f->w, f->s, p, codec);
}

void fed_law(const struct fed *f, const uint8_t bytes[FRAME_BYTES], enum codec_id law)
{
	if (sounds(f))
		encode_law(f->w, f->s, law, bytes);
}

void fed_octets(const struct fed *f, const struct codec_octets *octets, enum codec_id codec)
{
	if (sounds(f))
		encode_octets(f->w, f->s, codec, octets);
}

void fed_samples(const struct fed *f, const int16_t samples[FRAME_SAMPLES])
{
	if (f->s->fed_by != f->from)
		return;
	f->s->fed_ns = worker_awake_ns(f->w);
	if (sounds(f) && !(rtp_out_ahead(&f->s->out, f->w->now_ns) && is_silent(samples)))
		encode_samples(f->w, f->s, samples);
}

void fed_event(const struct fed *f, const struct rtp_packet *p, char begun)
{
	struct session *s = f->s;

	if (!feeds(f) || s->playing > 0)
		return;
	if (s->out_event_pt != 0) {
		encode_relay_event(f->w, s, p);
	} else if (begun) { // the far end knows no events: it hears the tone
		const char digit[2] = {begun};
		if (dial_add(s, digit, 0, 0) == 0)
			session_clock(f->w->sessions, s);
	}
}
