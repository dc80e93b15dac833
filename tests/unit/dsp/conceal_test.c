// Concealment: untouched without loss, like the sound for 10 ms, silent after 50 ms.
#include "tests/unit/unit.h"

#include <string.h>

#include "dsp/conceal.h"
#include "tests/unit/dsp/sound.h"

static uint8_t memory[4096] __attribute__((aligned(64)));

// Voice-like: a fundamental of 125 Hz with overtones.
static void voice(int16_t *samples, uint32_t n, uint64_t at)
{
	memset(samples, 0, n * sizeof(samples[0]));
	for (int k = 1; k <= 5; k++)
		sound_sine(samples, n, at, 125 * k, -14 - 3 * k);
}

static struct conceal *with_history(uint32_t frames)
{
	struct conceal *c = conceal_init(memory);
	int16_t frame[FRAME_SAMPLES];

	ck_assert_uint_le(conceal_size(), sizeof(memory));
	for (uint32_t i = 0; i < frames; i++) {
		voice(frame, FRAME_SAMPLES, i * FRAME_SAMPLES);
		conceal_good(c, frame, FRAME_SAMPLES);
	}
	return c;
}

START_TEST(good_sound_passes_untouched)
{
	struct conceal *c = conceal_init(memory);

	for (uint32_t i = 0; i < 50; i++) {
		int16_t frame[FRAME_SAMPLES], before[FRAME_SAMPLES];

		voice(frame, FRAME_SAMPLES, i * FRAME_SAMPLES);
		memcpy(before, frame, sizeof(frame));
		conceal_good(c, frame, FRAME_SAMPLES);
		ck_assert_int_eq(memcmp(before, frame, sizeof(frame)), 0);
	}
}
END_TEST

static void short_loss(uint32_t frames)
{
	struct conceal *c = with_history(frames);
	int16_t made[80], real[80];

	voice(real, 80, frames * FRAME_SAMPLES);
	conceal_lost(c, made, 80);
	ck_assert(fabs(sound_level(made, 80) - sound_level(real, 80)) < 3);
	for (int k = 1; k <= 2; k++)
		ck_assert(fabs(sound_level_at(made + 16, 64, 125 * k) -
				  sound_level_at(real + 16, 64, 125 * k)) < 3);
}

START_TEST(a_short_loss_sounds_like_what_was)
{
	for (uint32_t frames = 2; frames < 12; frames++) // wherever history's ring stands
		short_loss(frames);
}
END_TEST

START_TEST(a_long_loss_fades_out)
{
	for (uint32_t piece = 8; piece <= FRAME_SAMPLES; piece *= 20) {
		struct conceal *c = with_history(10);
		int16_t made[2 * 800];
		double last = 10;

		for (uint32_t at = 0; at < 1600; at += piece)
			conceal_lost(c, made + at, piece);
		for (uint32_t at = 80; at < 400; at += 80) {
			double level = sound_level(made + at, 80);

			ck_assert(level <= last);
			last = level;
		}
		for (uint32_t i = 400; i < 1600; i++) // 50 ms on
			ck_assert_int_eq(made[i], 0);
	}
}
END_TEST

START_TEST(sound_after_a_loss_is_joined_smoothly)
{
	struct conceal *c = with_history(10);
	int16_t made[FRAME_SAMPLES], after[FRAME_SAMPLES], real[FRAME_SAMPLES];
	uint64_t at = 11 * FRAME_SAMPLES + 30;

	conceal_lost(c, made, FRAME_SAMPLES);
	voice(real, FRAME_SAMPLES, at);
	memcpy(after, real, sizeof(after));
	conceal_good(c, after, FRAME_SAMPLES);
	ck_assert_int_ne(memcmp(after, real, sizeof(after)), 0);
	// The cross-fade is a quarter of a pitch period, at most 30 samples.
	ck_assert_int_eq(memcmp(after + 30, real + 30, sizeof(after) - 60), 0);
	conceal_good(c, real, FRAME_SAMPLES);
}
END_TEST

START_TEST(loss_before_any_sound_is_silence)
{
	struct conceal *c = conceal_init(memory);
	int16_t made[FRAME_SAMPLES];

	for (int i = 0; i < 10; i++) {
		conceal_lost(c, made, FRAME_SAMPLES);
		for (int k = 0; k < FRAME_SAMPLES; k++)
			ck_assert_int_eq(made[k], 0);
	}
}
END_TEST

UNIT_MAIN("conceal", good_sound_passes_untouched, a_short_loss_sounds_like_what_was,
	a_long_loss_fades_out, sound_after_a_loss_is_joined_smoothly,
	loss_before_any_sound_is_silence)
