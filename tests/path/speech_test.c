// Speech and silence told: a voice between noises, levels about the threshold, digits, hold, on
// one worker and in a bridge across two.
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/g711.h"
#include "tests/unit/dsp/coded.h"
#include "tests/unit/dsp/sound.h"

#define SPEECH_DBM0   (-40)
#define HYSTERESIS_DB 6
#define SPEECH_MS     100
#define SILENCE_MS    600
#define LATE_MS	      80 // jitter buffer, tick and packet

static void gen_samples(struct talker *t, const int16_t *samples, uint32_t ms)
{
	uint8_t payload[160];

	for (uint32_t at = 0; at < ms * 8; at += 160) {
		g711_ulaw_encode(payload, samples + at, 160);
		gen_sound(t, payload, 160);
	}
}

static void gen_noise(struct talker *t, double dbm0, uint32_t ms)
{
	static int16_t samples[4 * 8000];
	static uint64_t state = 4711;

	// A level is that of a sine: noise of even distribution has 1.76 dB less at its peak.
	sound_noise(samples, ms * 8, &state, (int)(sound_peak(dbm0) * sqrt(1.5) + 0.5));
	gen_samples(t, samples, ms);
}

static void gen_voice(struct talker *t, uint32_t ms)
{
	static int16_t samples[4 * 8000];

	coded_voice(samples, ms * 8, 8000);
	gen_samples(t, samples, ms);
}

static void gen_tone(struct talker *t, double dbm0, uint32_t ms)
{
	static int16_t samples[4 * 8000];

	memset(samples, 0, sizeof(samples));
	sound_sine(samples, ms * 8, 0, 440, dbm0);
	gen_samples(t, samples, ms);
}

static void watch(enum far far, bool on)
{
	struct gate_msg m = {.watch = {.on = on,
				     .speech_dbm0 = SPEECH_DBM0,
				     .hysteresis_db = HYSTERESIS_DB,
				     .speech_ms = SPEECH_MS,
				     .silence_ms = SILENCE_MS}};

	stage_command(far, GATE_WATCH, &m);
}

// What was told of the caller: the i-th, with its time since the start; NULL: no more.
static const struct gate_msg *turn(unsigned i, uint64_t *at_ms)
{
	for (unsigned k = 0; k < stage.events; k++) {
		const struct gate_msg *m = &stage.event[k];
		if (m->head.kind != GATE_SPEECH && m->head.kind != GATE_SILENCE)
			continue;
		ck_assert_uint_eq(m->head.session, stage.session[CALLER]);
		if (i-- > 0)
			continue;
		*at_ms = (m->speech.at_ns - STAGE_START_NS) / MS;
		return m;
	}
	return NULL;
}

static void expect(unsigned i, enum gate_kind kind, uint64_t from_ms)
{
	uint64_t at_ms = 0;
	const struct gate_msg *m = turn(i, &at_ms);

	ck_assert_msg(m != NULL, "turn %u is not there", i);
	ck_assert_uint_eq(m->head.kind, kind);
	ck_assert_msg(at_ms >= from_ms && at_ms <= from_ms + LATE_MS, "turn %u at %u ms, not %u", i,
		(unsigned)at_ms, (unsigned)from_ms);
	if (kind == GATE_SPEECH)
		ck_assert_int_ge(m->speech.level_dbm0, SPEECH_DBM0);
	else
		ck_assert_int_lt(m->speech.level_dbm0, SPEECH_DBM0 - HYSTERESIS_DB);
}

static void expect_no_more(unsigned i)
{
	uint64_t at_ms;

	ck_assert_ptr_null(turn(i, &at_ms));
}

START_TEST(a_voice_between_noises)
{
	gen_begin("speech");
	struct talker t = gen_talker(CALLER, 10);
	gen_noise(&t, -90, 400);
	gen_noise(&t, -60, 800); // to 1,210 ms
	gen_voice(&t, 2000);
	gen_noise(&t, -60, 1000); // to 4,210 ms
	stage_begin_two(NULL, NULL);
	watch(CALLER, true);
	stage_until(t.at_ms + 200);
	stage_end();
	expect(0, GATE_SPEECH, 1210 + SPEECH_MS);
	expect(1, GATE_SILENCE, 3210 + SILENCE_MS);
	expect_no_more(2);
}
END_TEST

START_TEST(levels_about_the_threshold)
{
	gen_begin("speech-levels");
	struct talker t = gen_talker(CALLER, 10);
	gen_tone(&t, SPEECH_DBM0 - 2, 600); // too quiet to begin
	gen_tone(&t, SPEECH_DBM0 + 2, 60);  // too short
	gen_tone(&t, SPEECH_DBM0 - 2, 340);
	gen_tone(&t, SPEECH_DBM0 + 2, 400);  // from 1,010 ms
	gen_tone(&t, SPEECH_DBM0 - 2, 1600); // not quiet enough to end
	gen_tone(&t, SPEECH_DBM0 - 10, 300); // from 3,010 ms: not long enough
	gen_tone(&t, SPEECH_DBM0 - 2, 100);
	gen_tone(&t, SPEECH_DBM0 - 10, 1000); // from 3,410 ms
	stage_begin_two(NULL, NULL);
	watch(CALLER, true);
	stage_until(t.at_ms + 100);
	stage_end();
	expect(0, GATE_SPEECH, 1010 + SPEECH_MS);
	expect(1, GATE_SILENCE, 3410 + SILENCE_MS);
	expect_no_more(2);
}
END_TEST

START_TEST(digits_are_no_speech)
{
	gen_begin("speech-digits");
	struct talker t = gen_talker(CALLER, 10);
	gen_noise(&t, -90, 200);
	for (unsigned i = 0; i < 4; i++)
		gen_digit(&t, "159#"[i], GEN_TONE, 400, 100);
	stage_begin_two(NULL, NULL);
	stage_collect(CALLER);
	watch(CALLER, true);
	stage_until(t.at_ms + 100);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), "159#");
	expect_no_more(0);
}
END_TEST

START_TEST(who_falls_silent_or_is_held_speaks_no_more)
{
	gen_begin("speech-end");
	struct talker t = gen_talker(CALLER, 10);
	gen_voice(&t, 1000);
	t.at_ms = 2510; // nothing came for 1.5 s
	t.ts += 1500 * 8;
	gen_voice(&t, 1000);
	stage_begin_two(NULL, NULL);
	watch(CALLER, true);
	stage_until(3400);
	struct gate_remote caller = stage_remote(CALLER);
	caller.direction = GATE_SEND;
	stage_set_remote(CALLER, &caller);
	stage_until(3600);
	stage_end();
	expect(0, GATE_SPEECH, 10 + SPEECH_MS);
	expect(1, GATE_SILENCE, 1010 + 60 + SILENCE_MS); // 60 ms may be loss
	expect(2, GATE_SPEECH, 2510 + SPEECH_MS);
	expect(3, GATE_SILENCE, 3400);
	expect_no_more(4);
}
END_TEST

START_TEST(a_relay_is_watched_and_stays_one)
{
	gen_begin("speech-relay");
	struct talker t = gen_talker(CALLER, 10);
	gen_noise(&t, -60, 200);
	gen_voice(&t, 1000);
	stage_begin_two(NULL, NULL);
	stage_bridge();
	watch(CALLER, true);
	stage_until(700);
	watch(CALLER, false);
	stage_until(t.at_ms + 100);
	stage_end();
	expect(0, GATE_SPEECH, 210 + SPEECH_MS);
	expect_no_more(1);
	ck_assert_uint_eq(heard_count(AGENT), 60);
	for (unsigned i = 0; i < 60; i++) // at once, as without
		ck_assert_uint_le(heard_rtp(AGENT, i)->at_ns, (10 + i * 20) * MS + MS);
}
END_TEST

PATH_MAIN("speech", a_voice_between_noises, levels_about_the_threshold, digits_are_no_speech,
	who_falls_silent_or_is_held_speaks_no_more, a_relay_is_watched_and_stays_one)
