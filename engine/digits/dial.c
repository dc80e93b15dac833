// Sending digits, tick by tick.
#include "engine/digits/dial.h"

#include <errno.h>
#include <string.h>

#include "dsp/codec.h"
#include "engine/voice/encode.h"

#define DIGIT_DBM0    (-9) // both tones together, as phones send them
#define EVENT_VOLUME  10   // -10 dBm0
#define ON_MS	      100
#define OFF_MS	      60
#define LENGTH_MAX_MS 5000
#define END_REPEATS   2 // RFC 4733 section 2.5.1.4: the end is sent three times

int dial_add(struct session *s, const char *digits, unsigned on_ms, unsigned off_ms)
{
	struct dial *d = &s->dial;
	size_t n = strnlen(digits, DIGITS_OUT_MAX), left = d->count - d->next;

	if (n == 0 || on_ms > LENGTH_MAX_MS || off_ms > LENGTH_MAX_MS)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (event_code(digits[i]) < 0)
			return -EINVAL;
	}
	if (left + n > DIGITS_OUT_MAX)
		return -ENOBUFS;
	memmove(d->digits, d->digits + d->next, left);
	memcpy(d->digits + left, digits, n);
	d->next = 0;
	d->count = (uint8_t)(left + n);
	d->on_ms = (uint16_t)(on_ms ? on_ms : ON_MS);
	d->off_ms = (uint16_t)(off_ms ? off_ms : OFF_MS);
	if (s->dialing == DIAL_IDLE)
		s->dialing = DIAL_NEXT;
	return 0;
}

void dial_stop(struct session *s)
{
	s->dial.next = s->dial.count = 0;
	s->dialing = DIAL_IDLE;
}

void dial_cut_event(struct session *s)
{
	struct dial *d = &s->dial;

	if ((s->dialing != DIAL_ON && s->dialing != DIAL_OFF) || d->tone)
		return;
	if (s->dialing == DIAL_OFF || !d->event.begins)
		d->next++;
	s->dialing = DIAL_NEXT;
}

static void begin(struct worker *w, struct session *s)
{
	struct dial *d = &s->dial;

	if (d->next == d->count) {
		dial_stop(s);
		return;
	}
	d->tone = s->out_event_pt == 0;
	s->dialing = DIAL_ON;
	if (d->tone) {
		(void)dtmf_tx_start(&d->tx, d->digits[d->next], DIGIT_DBM0, d->on_ms, d->off_ms);
		return;
	}
	encode_flush(w, s);
	d->event.left_ms = d->on_ms;
	d->event.duration = 0;
	d->event.begins = true;
	d->event.ts = rtp_out_event_begin(&s->out, w->now_ns);
}

static void tone_tick(struct worker *w, struct session *s)
{
	int16_t samples[FRAME_SAMPLES] = {0};

	if (!dtmf_tx_mix(&s->dial.tx, samples, FRAME_SAMPLES)) {
		s->dial.next++;
		s->dialing = DIAL_NEXT;
	}
	encode_samples(w, s, samples);
}

static void event_packet(struct worker *w, struct session *s, bool end)
{
	struct dial *d = &s->dial;
	struct event_packet e = {
		.code = (uint8_t)event_code(d->digits[d->next]),
		.volume = EVENT_VOLUME,
		.end = end,
		.duration = d->event.duration,
	};

	encode_event(w, s, &e, d->event.ts, d->event.begins && !end);
	d->event.begins = false;
}

// RFC 4733 section 2.5.1.3: what is longer than the field goes on as another segment.
static void lengthen(struct session *s)
{
	struct dial *d = &s->dial;
	uint32_t units = FRAME_SAMPLES * session_event_scale(s);

	if (d->event.duration + units > UINT16_MAX) {
		d->event.ts += d->event.duration * codec_clock_scale(s->out_codec) /
			session_event_scale(s);
		d->event.duration = 0;
	}
	d->event.duration = (uint16_t)(d->event.duration + units);
}

static void event_tick(struct worker *w, struct session *s)
{
	struct dial *d = &s->dial;

	if (s->dialing == DIAL_ON) {
		bool end = d->event.left_ms <= TICK_MS;
		lengthen(s);
		d->event.left_ms -= end ? d->event.left_ms : TICK_MS;
		event_packet(w, s, false);
		if (!end)
			return;
		event_packet(w, s, true);
		s->dialing = DIAL_OFF;
		d->event.ends_left = END_REPEATS;
		d->event.left_ms = d->off_ms;
		return;
	}
	if (d->event.ends_left > 0) {
		d->event.ends_left--;
		event_packet(w, s, true);
	}
	encode_silence(w, s);
	d->event.left_ms -= d->event.left_ms <= TICK_MS ? d->event.left_ms : TICK_MS;
	if (d->event.left_ms == 0 && d->event.ends_left == 0) {
		d->next++;
		s->dialing = DIAL_NEXT;
	}
}

void dial_tick(struct worker *w, struct session *s)
{
	struct dial *d = &s->dial;

	if (s->dialing == DIAL_NEXT)
		begin(w, s);
	if (s->dialing == DIAL_IDLE)
		return;
	if (d->tone)
		tone_tick(w, s);
	else
		event_tick(w, s);
}
