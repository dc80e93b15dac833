// Three parties mixed, on one worker and across two: each hears exactly the others, at their gain;
// a supervisor listens, whispers and barges in. All say tones, told apart in what ffmpeg decodes.
#include "tests/path/voice.h"

#include <string.h>

#include "tests/unit/dsp/sound.h"

#define SPOKEN	(2 * 8000)
#define DBM0	(-20)
#define FROM	8000 // samples: everybody has joined and is heard
#define WINDOW	4000 // whole periods of each tone
#define UNHEARD (-55)

static const double tone_hz[] = {[CALLER] = 420, [AGENT] = 740, [SUPERVISOR] = 1180};
static struct voice voices[3];
static int16_t said[3][SPOKEN], heard[3][VOICE_MAX];

static void prepare(const char *name, const enum codec_id codec[3])
{
	struct voice *const all[] = {&voices[0], &voices[1], &voices[2]};

	gen_begin(name);
	for (unsigned i = CALLER; i <= SUPERVISOR; i++) {
		memset(said[i], 0, sizeof(said[i]));
		sound_sine(said[i], SPOKEN, 0, tone_hz[i], DBM0);
		voice_init(&voices[i], (enum far)i, codec[i], 20);
		voice_speak(&voices[i], &(struct voice_of){said[i], SPOKEN, 20 + 3 * i, {0}});
	}
	voices_gen(all, 3);
	stage_begin();
	stage_open(SUPERVISOR);
	for (unsigned i = CALLER; i <= SUPERVISOR; i++)
		voice_connect(&voices[i], 0);
}

static void finish(void)
{
	stage_until(SPOKEN / 8 + 40);
	stage_end();
	for (unsigned i = CALLER; i <= SUPERVISOR; i++)
		ck_assert_uint_ge(voice_heard(&voices[i], heard[i]), FROM + WINDOW);
}

#define EXACT 1.0 // dB; a codec twice

// What `far` hears of `of`: so loud, or nothing.
static void expect(enum far far, enum far of, double dbm0)
{
	double level = sound_level_at(heard[far] + FROM, WINDOW, tone_hz[of]);
	bool right = dbm0 < UNHEARD ? level < UNHEARD : fabs(level - dbm0) < EXACT;

	ck_assert_msg(right, "%u hears %u at %.1f dBm0, not %.1f", far, of, level, dbm0);
}

#define NOTHING (-99)

static void conference(const char *name, const enum codec_id codec[3])
{
	prepare(name, codec);
	for (unsigned i = CALLER; i <= SUPERVISOR; i++)
		stage_mix((enum far)i, 1, 1, 256);
	finish();
	for (unsigned i = CALLER; i <= SUPERVISOR; i++)
		for (unsigned k = CALLER; k <= SUPERVISOR; k++)
			expect((enum far)i, (enum far)k, i == k ? NOTHING : DBM0);
}

static const enum codec_id laws[] = {CODEC_PCMU, CODEC_PCMA, CODEC_PCMU};

START_TEST(each_hears_the_others)
{
	conference("mix", laws);
}
END_TEST

START_TEST(each_hears_the_others_in_g722)
{
	conference("mix-g722", (const enum codec_id[]){CODEC_PCMU, CODEC_G722, CODEC_G722});
}
END_TEST

#ifdef HAVE_OPUS
START_TEST(each_hears_the_others_in_opus)
{
	conference("mix-opus", (const enum codec_id[]){CODEC_OPUS, CODEC_G722, CODEC_PCMA});
}
END_TEST
#endif

START_TEST(gain_is_each_partys_own)
{
	prepare("mix-gain", laws);
	stage_mix(CALLER, 1, 1, 128);	  // -6.02 dB
	stage_mix(AGENT, 1, 1, 512);	  // +6.02 dB
	stage_mix(SUPERVISOR, 1, 1, 256); // as it is
	finish();
	expect(CALLER, AGENT, DBM0 + 6.02);
	expect(CALLER, SUPERVISOR, DBM0);
	expect(AGENT, CALLER, DBM0 - 6.02);
	expect(AGENT, SUPERVISOR, DBM0);
	expect(SUPERVISOR, CALLER, DBM0 - 6.02);
	expect(SUPERVISOR, AGENT, DBM0 + 6.02);
	for (unsigned i = CALLER; i <= SUPERVISOR; i++)
		expect((enum far)i, (enum far)i, NOTHING);
}
END_TEST

enum group { OF_CALLER = 1, OF_AGENT = 2, TO_AGENT = 4, TO_ALL = 8 }; // as control has them

static void supervise(const char *name, uint8_t says, double to_caller, double to_agent)
{
	prepare(name, laws);
	stage_mix(CALLER, OF_CALLER, OF_AGENT | TO_ALL, 256);
	stage_mix(AGENT, OF_AGENT, OF_CALLER | TO_AGENT | TO_ALL, 256);
	stage_mix(SUPERVISOR, says, OF_CALLER | OF_AGENT, 256);
	finish();
	expect(SUPERVISOR, CALLER, DBM0);
	expect(SUPERVISOR, AGENT, DBM0);
	expect(SUPERVISOR, SUPERVISOR, NOTHING);
	expect(CALLER, AGENT, DBM0);
	expect(CALLER, CALLER, NOTHING);
	expect(CALLER, SUPERVISOR, to_caller);
	expect(AGENT, CALLER, DBM0);
	expect(AGENT, AGENT, NOTHING);
	expect(AGENT, SUPERVISOR, to_agent);
}

START_TEST(a_listener_is_not_heard)
{
	supervise("mix-listen", 0, NOTHING, NOTHING);
}
END_TEST

START_TEST(a_whisper_is_the_agents)
{
	supervise("mix-whisper", TO_AGENT, NOTHING, DBM0);
}
END_TEST

START_TEST(who_barges_in_is_heard_by_all)
{
	supervise("mix-barge", TO_ALL, DBM0, DBM0);
}
END_TEST

// A relayed call becomes a mixed one and a relayed one again, without a gap over a frame.
START_TEST(a_supervisor_comes_and_goes_without_a_gap)
{
	prepare("mix-steps", laws);
	stage_bridge();
	stage_until(600);
	stage_mix(CALLER, OF_CALLER, OF_AGENT, 256);
	stage_mix(AGENT, OF_AGENT, OF_CALLER, 256);
	stage_mix(SUPERVISOR, 0, OF_CALLER | OF_AGENT, 256);
	stage_until(1300);
	stage_bridge();
	stage_until(SPOKEN / 8 + 40);
	stage_end();
	for (unsigned far = CALLER; far <= AGENT; far++) {
		ck_assert_uint_ge(heard_count((enum far)far), 95);
		for (unsigned i = 1; i < heard_count((enum far)far); i++) {
			const struct heard *h = heard_rtp((enum far)far, i);
			const struct heard *prior = heard_rtp((enum far)far, i - 1);
			ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), 1);
			ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
			ck_assert_msg(h->rtp.ts - prior->rtp.ts <= 320 &&
					h->at_ns - prior->at_ns <= 60 * MS,
				"a gap of %u units, %u ms at %u ms", h->rtp.ts - prior->rtp.ts,
				(unsigned)((h->at_ns - prior->at_ns) / MS),
				(unsigned)(h->at_ns / MS));
		}
	}
}
END_TEST

#ifdef HAVE_OPUS
#define OPUS_TESTS each_hears_the_others_in_opus,
#else
#define OPUS_TESTS
#endif

PATH_MAIN("mix", OPUS_TESTS each_hears_the_others, each_hears_the_others_in_g722,
	gain_is_each_partys_own, a_listener_is_not_heard, a_whisper_is_the_agents,
	who_barges_in_is_heard_by_all, a_supervisor_comes_and_goes_without_a_gap)
