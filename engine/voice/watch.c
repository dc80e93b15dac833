// Speech and silence of a session.
#include "engine/voice/watch.h"

#include <errno.h>

#include "dsp/codec.h"
#include "dsp/dtmf_gate.h"
#include "dsp/level.h"
#include "engine/voice/notice.h"

#define LOSS_MS 60 // absent for longer: not lost

static uint8_t ticks(uint16_t ms)
{
	return (uint8_t)((ms + TICK_MS - 1) / TICK_MS);
}

static void tell(struct worker *w, struct session *s, bool speaks)
{
	struct gate_msg m = {.speech = {.at_ns = w->now_ns, .level_dbm0 = s->level_dbm0}};

	s->in_flags = (uint16_t)(speaks ? s->in_flags | IN_SPEAKS : s->in_flags & ~IN_SPEAKS);
	s->level_run = 0;
	notice_emit(w, s, speaks ? GATE_SPEECH : GATE_SILENCE, &m);
}

int watch_set(struct session *s, const struct gate_watch *how)
{
	if (!how->on) {
		s->in_flags &= (uint16_t) ~(IN_WATCHED | IN_SPEAKS);
		s->level_run = 0;
		return 0;
	}
	if (how->speech_dbm0 < WATCH_DBM0_MIN || how->speech_dbm0 > 0 ||
		how->hysteresis_db > WATCH_HYSTERESIS_MAX || how->speech_ms > WATCH_MS_MAX ||
		how->silence_ms > WATCH_MS_MAX || how->speech_ms == 0 || how->silence_ms == 0)
		return -EINVAL;
	s->watch = (struct speech_watch){
		.speech_dbm0 = how->speech_dbm0,
		.silence_dbm0 = (int8_t)(how->speech_dbm0 - how->hysteresis_db),
		.speech_ticks = ticks(how->speech_ms),
		.silence_ticks = ticks(how->silence_ms),
	};
	s->in_flags |= IN_WATCHED;
	s->level_run = 0;
	return 0;
}

// False: the frame says nothing about it.
static bool measure(struct worker *w, struct session *s, const struct law_frame *f)
{
	int16_t samples[FRAME_SAMPLES];

	if ((s->in_flags & (IN_COLLECT | IN_MASKED)) &&
		dtmf_gate_digit(session_gate(w->sessions, s)))
		return false;
	if (f->head.over || s->absent_ms > LOSS_MS) { // what a codec makes up of it is no speech
		s->level_dbm0 = LEVEL_SILENCE_DBM0;
		return true;
	}
	if (f->head.present == 0)
		return false;
	codec_get(f->law)->decode(samples, f->bytes, FRAME_BYTES);
	s->level_dbm0 = (int8_t)level_dbm0(samples, FRAME_SAMPLES);
	return true;
}

void watch_frame(struct worker *w, struct session *s, const struct law_frame *f)
{
	bool speaks = s->in_flags & IN_SPEAKS;

	if (!measure(w, s, f))
		return;
	bool other = speaks ? s->level_dbm0 < s->watch.silence_dbm0
			    : s->level_dbm0 >= s->watch.speech_dbm0;
	s->level_run = other ? (uint8_t)(s->level_run + 1) : 0;
	if (s->level_run >= (speaks ? s->watch.silence_ticks : s->watch.speech_ticks))
		tell(w, s, !speaks);
}

void watch_end(struct worker *w, struct session *s)
{
	s->level_dbm0 = LEVEL_SILENCE_DBM0;
	if (s->in_flags & IN_SPEAKS)
		tell(w, s, false);
}
