// Call-progress tones: frequencies, levels, cadences and names.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "dsp/tone.h"
#include "tests/unit/dsp/sound.h"

#define SECONDS 12

static int16_t sound[SECONDS * FRAME_RATE];

static void play(enum tone_id id, int level_dbm0, uint32_t piece)
{
	struct tone t;

	memset(sound, 0, sizeof(sound));
	ck_assert_int_eq(tone_start(&t, id, level_dbm0), 0);
	for (uint32_t at = 0; at < SECONDS * FRAME_RATE; at += piece) {
		uint32_t left = SECONDS * FRAME_RATE - at;

		tone_mix(&t, sound + at, left < piece ? left : piece);
	}
}

// What the standards say, written a second time: one period in ms of sound and pause by turns.
static const struct {
	enum tone_id id;
	uint16_t on_off_ms[8];
	double hz[2];
} cases[] = {
	{TONE_E180_RINGBACK, {1000, 4000}, {425}},
	{TONE_E180_BUSY, {500, 500}, {425}},
	{TONE_E180_CONGESTION, {250, 250}, {425}},
	{TONE_CN_RINGBACK, {1000, 4000}, {450}},
	{TONE_CN_BUSY, {350, 350}, {450}},
	{TONE_CN_CONGESTION, {700, 700}, {450}},
	{TONE_CN_WAITING, {400, 4000}, {450}},
	{TONE_CN_UNOBTAINABLE, {100, 100, 100, 100, 100, 100, 400, 400}, {450}},
	{TONE_US_RINGBACK, {2000, 4000}, {440, 480}},
	{TONE_US_BUSY, {500, 500}, {480, 620}},
	{TONE_US_CONGESTION, {250, 250}, {480, 620}},
};

START_TEST(cadences_are_kept)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t at = 0;

		play(cases[i].id, TONE_DBM0, FRAME_SAMPLES);
		for (int k = 0; at < SECONDS * FRAME_RATE; k = (k + 1) % 8) {
			uint32_t end = at + cases[i].on_off_ms[k] * 8u;
			bool on = k % 2 == 0;

			end = end < SECONDS * FRAME_RATE ? end : SECONDS * FRAME_RATE;
			if (end - at >= 80)
				ck_assert((sound_level(sound + at, 80) > -20) == on);
			for (; at < end; at++)
				if (!on && sound[at] != 0)
					ck_abort_msg("sound in a pause at %u", at);
		}
	}
}
END_TEST

START_TEST(frequencies_and_levels_are_right)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool two = cases[i].hz[1] != 0;
		uint32_t n = 800; // 100 ms: whole periods of every frequency that ends in 0
		double each = -10 - (two ? 3.01 : 0);

		play(cases[i].id, -10, FRAME_SAMPLES);
		if (cases[i].hz[0] == 425)
			n = 8 * 200;
		for (int k = 0; k < (two ? 2 : 1); k++)
			ck_assert(fabs(sound_level_at(sound, n, cases[i].hz[k]) - each) < 0.5);
		ck_assert(fabs(sound_level(sound, n) + 10) < 0.5);
		ck_assert(sound_level_at(sound, n, 1500) < -60);
	}
}
END_TEST

START_TEST(a_tone_without_pauses_never_breaks)
{
	play(TONE_US_DIAL, -10, FRAME_SAMPLES);
	for (int i = 1; i < SECONDS * FRAME_RATE; i++) // no steeper than both together can be
		if (abs(sound[i] - sound[i - 1]) > 3200)
			ck_abort_msg("a step at %d", i);
	play(TONE_CN_DIAL, -10, FRAME_SAMPLES);
	ck_assert(fabs(sound_level_at(sound, SECONDS * FRAME_RATE, 450) + 10) < 0.1);
}
END_TEST

START_TEST(the_information_tone_has_three_notes)
{
	static const double hz[] = {950, 1400, 1800};

	play(TONE_E180_INFORMATION, -10, FRAME_SAMPLES);
	for (int i = 0; i < 3; i++)
		ck_assert(fabs(sound_level_at(sound + 330 * 8 * i, 2400, hz[i]) + 10) < 0.5);
	ck_assert_int_eq(sound[990 * 8 + 10], 0);
	ck_assert(fabs(sound_level_at(sound + 1990 * 8, 2400, 950) + 10) < 0.5);
}
END_TEST

START_TEST(any_piece_gives_the_same)
{
	static int16_t whole[SECONDS * FRAME_RATE];

	for (int id = TONE_NONE + 1; id < TONE_COUNT; id++) {
		play((enum tone_id)id, -10, SECONDS * FRAME_RATE);
		memcpy(whole, sound, sizeof(whole));
		play((enum tone_id)id, -10, 37);
		for (int i = 0; i < SECONDS * FRAME_RATE; i++)
			if (abs(whole[i] - sound[i]) > 1)
				ck_abort_msg("%s at %d", tone_name((enum tone_id)id), i);
	}
}
END_TEST

START_TEST(names_and_limits)
{
	struct tone t;
	int16_t samples[FRAME_SAMPLES] = {0};

	for (int id = TONE_NONE + 1; id < TONE_COUNT; id++) {
		ck_assert_ptr_nonnull(tone_name((enum tone_id)id));
		for (int other = TONE_NONE + 1; other < id; other++)
			ck_assert_str_ne(
				tone_name((enum tone_id)other), tone_name((enum tone_id)id));
	}
	ck_assert_str_eq(tone_name(TONE_CN_RINGBACK), "cn-ringback");
	ck_assert_ptr_null(tone_name(TONE_NONE));
	ck_assert_ptr_null(tone_name(TONE_COUNT));
	ck_assert_int_eq(tone_start(&t, TONE_NONE, -10), -EINVAL);
	ck_assert_int_eq(tone_start(&t, TONE_COUNT, -10), -EINVAL);
	ck_assert_int_eq(tone_start(&t, TONE_CN_BUSY, 1), -EINVAL);
	tone_mix(&t, samples, FRAME_SAMPLES);
	for (int i = 0; i < FRAME_SAMPLES; i++)
		ck_assert_int_eq(samples[i], 0);
}
END_TEST

UNIT_MAIN("tone", cadences_are_kept, frequencies_and_levels_are_right,
	a_tone_without_pauses_never_breaks, the_information_tone_has_three_notes,
	any_piece_gives_the_same, names_and_limits)
