// Masking over the wire: a Goertzel sweep of what the other leg, a listener and the recording get
// finds sound and no digit, in every codec, in bridges and mixed, as tones and as events.
#include "tests/path/voice.h"

#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "tests/unit/dsp/sound.h"

#define DIGITS "123A456B789C*0#D"
#define SPEECH 300 // Hz: stands for what is said beside
#define BELOW  30  // dB below the digit: what its tones must stay under

struct scene {
	const char *name;
	enum codec_id caller, agent;
	bool mixed; // with a listener
	int dbm0;
	bool tones, events;
};

static int16_t said[8 * 8000];
static struct voice caller, agent, listener;

// Digits of 60 ms that begin at any sample, with sound before, in and behind them.
static uint32_t say(const struct scene *of)
{
	uint32_t at = 4000;

	memset(said, 0, sizeof(said));
	for (unsigned i = 0; of->tones && i < 16; i++, at += 1600 + i * 37) {
		struct dtmf_tx tone;
		ck_assert_int_eq(dtmf_tx_start(&tone, DIGITS[i], of->dbm0, 60, 0), 0);
		dtmf_tx_mix(&tone, said + at, 800);
	}
	at = (at + 4000) / 160 * 160;
	sound_sine(said, at, 0, SPEECH, of->dbm0 - 15);
	return at;
}

static double loudest_tone(const int16_t *samples, uint32_t n)
{
	static const double tones_hz[] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
	double most = -99;

	for (unsigned i = 0; i < 8; i++) {
		double level = sound_level_at(samples, n, tones_hz[i]);
		most = level > most ? level : most;
	}
	return most;
}

// Windows of 205 samples: the tones are exact in none and found in all.
static void sweep(const char *whose, const int16_t *heard, uint32_t n, int dbm0)
{
	unsigned speech = 0, windows = 0;

	for (uint32_t at = 0; at + 205 <= n; at += 40, windows++) {
		double loudest = loudest_tone(heard + at, 205);
		speech += sound_level_at(heard + at, 205, SPEECH) > dbm0 - 19;
		ck_assert_msg(loudest < dbm0 - BELOW, "%s: a tone of %.1f dBm0 at %u ms", whose,
			loudest, at / 8);
	}
	ck_assert_msg(speech > windows / 4, "%s: speech in %u of %u", whose, speech, windows);
}

static void sweep_voice(const char *whose, const struct voice *v, const struct scene *of)
{
	static int16_t heard[VOICE_MAX];

	for (unsigned i = 0; i < heard_count(v->far); i++)
		ck_assert_uint_eq(heard_rtp(v->far, i)->rtp.pt, v->remote.pt); // no event
	sweep(whose, heard, voice_heard(v, heard), of->dbm0);
}

static void sweep_tape(const struct scene *of)
{
	static int16_t heard[TAP_LANE_BYTES];

	ck_assert_uint_gt(stage.taped[SIDE_LEFT], 8000);
	g711_ulaw_decode(heard, stage.tape[SIDE_LEFT], stage.taped[SIDE_LEFT]);
	sweep("recording", heard, stage.taped[SIDE_LEFT], of->dbm0);
}

static void connect(const struct scene *of)
{
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_collect(CALLER);
	stage_mask(CALLER, true);
	stage_record(CALLER, CODEC_PCMU);
	if (!of->mixed) {
		stage_bridge();
		return;
	}
	stage_open(SUPERVISOR);
	voice_connect(&listener, 0);
	stage_mix(CALLER, 1, 2, 256);
	stage_mix(AGENT, 2, 1, 256);
	stage_mix(SUPERVISOR, 0, 3, 256);
}

static void masked(const struct scene *of)
{
	struct voice *const all[] = {&caller};

	gen_begin(of->name);
	voice_init(&caller, CALLER, of->caller, 20);
	voice_init(&agent, AGENT, of->agent, 20);
	voice_init(&listener, SUPERVISOR, CODEC_PCMA, 20);
	voice_speak(&caller, &(struct voice_of){said, say(of), 10, {0}});
	voices_gen(all, 1);
	if (of->events)
		voice_type(&caller, "123A", 80, 120);
	connect(of);
	stage_until(caller.talker.at_ms + 300);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER),
		of->tones && of->events ? DIGITS "123A"
			: of->tones	? DIGITS
					: "123A");
	sweep_voice("agent", &agent, of);
	if (of->mixed)
		sweep_voice("listener", &listener, of);
	sweep_tape(of);
}

#define ULAW CODEC_PCMU
#define ALAW CODEC_PCMA
#define G722 CODEC_G722
#define OPUS CODEC_OPUS

static const struct scene scenes[] = {
	{"mask-loud", ULAW, ULAW, false, -3, true, false},
	{"mask-quiet", ULAW, ALAW, false, -25, true, false},
	{"mask-events", ULAW, ULAW, false, -25, false, true},
	{"mask-both", ULAW, ULAW, false, -25, true, true},
	{"mask-mixed-loud", ULAW, ALAW, true, -3, true, true},
	{"mask-mixed-quiet", ALAW, G722, true, -25, true, true},
	{"mask-g722-loud", G722, ULAW, false, -3, true, true},
	{"mask-g722-quiet", G722, G722, false, -25, true, true},
	{"mask-g722-mixed", G722, ALAW, true, -3, true, false},
#ifdef HAVE_OPUS
	{"mask-opus-loud", OPUS, ULAW, false, -3, true, true},
	{"mask-opus-quiet", OPUS, OPUS, false, -25, true, true},
	{"mask-to-opus", ULAW, OPUS, false, -3, true, false},
	{"mask-opus-mixed-loud", OPUS, OPUS, true, -3, true, false},
	{"mask-opus-mixed-quiet", OPUS, G722, true, -25, true, true},
#endif
};

START_TEST(nobody_hears_a_digit)
{
	masked(&scenes[_i]);
}
END_TEST

// Without MASK the sweep finds them: it is not deaf.
START_TEST(the_sweep_hears_digits)
{
	static const struct scene plain = {"mask-none", ULAW, ULAW, false, -25, true, false};
	static int16_t heard[VOICE_MAX];
	struct voice *const all[] = {&caller};

	gen_begin(plain.name);
	voice_init(&caller, CALLER, plain.caller, 20);
	voice_init(&agent, AGENT, plain.agent, 20);
	voice_speak(&caller, &(struct voice_of){said, say(&plain), 10, {0}});
	voices_gen(all, 1);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_bridge();
	stage_until(caller.talker.at_ms + 300);
	stage_end();
	uint32_t n = voice_heard(&agent, heard), found = 0;
	for (uint32_t at = 0; at + 205 <= n; at += 40)
		found += loudest_tone(heard + at, 205) > plain.dbm0 - 6;
	ck_assert_uint_ge(found, 16 * 6);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("mask");
	TCase *cases = tcase_create("mask");

	stage.workers = argc > 1 && argv[1][0] == '2' ? 2 : 1;
	tcase_add_loop_test(
		cases, nobody_hears_a_digit, 0, (int)(sizeof(scenes) / sizeof(scenes[0])));
	tcase_add_test(cases, the_sweep_hears_digits);
	tcase_set_timeout(cases, 600);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
