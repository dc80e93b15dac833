// Holes of any length at any place: nothing is written behind them, nothing but them changes where
// what follows is known, and their ends are no steps.
#include "tests/unit/guard.h"

#include <string.h>

#include "dsp/conceal.h"
#include "tests/unit/dsp/sound.h"

#define PER_MS	8
#define MARK	0x5a5a
#define HZ_STEP 7
#define HZ_MAX	420

static uint8_t memory[4096] __attribute__((aligned(64)));

static void voice(int16_t *samples, uint32_t n, uint64_t at, unsigned hz)
{
	memset(samples, 0, n * sizeof(samples[0]));
	for (unsigned k = 1; k <= 3; k++)
		sound_sine(samples, n, at, hz * k, -12 - 4 * (int)k);
}

static struct conceal *heard(unsigned hz, uint32_t n)
{
	struct conceal *c = conceal_init(memory);
	int16_t frame[FRAME_SAMPLES];

	for (uint32_t at = 0; at < n; at += FRAME_SAMPLES) {
		voice(frame, FRAME_SAMPLES, at, hz);
		ck_assert_uint_eq(conceal_good(c, frame, FRAME_SAMPLES), 0);
	}
	return c;
}

START_TEST(nothing_is_written_behind_a_hole)
{
	for (uint32_t n = 1; n <= 2 * FRAME_SAMPLES; n += n < 40 ? 1 : 40) {
		int16_t *made = guard_new(n * sizeof(*made));
		for (unsigned hz = 60; hz < HZ_MAX; hz += HZ_STEP)
			conceal_lost(heard(hz, 320), made, n);
		guard_free(made, n * sizeof(*made));
	}
}
END_TEST

START_TEST(what_follows_a_hole_stays)
{
	for (uint32_t n = PER_MS; n < FRAME_SAMPLES; n += PER_MS) {
		for (uint32_t after = 1; after <= 41; after += 5) {
			size_t bytes = (n + after) * sizeof(int16_t);
			int16_t *hole = guard_new(bytes), before[FRAME_SAMPLES];
			struct conceal *c = heard(125 + n, 1600);

			for (uint32_t i = 0; i < after; i++)
				hole[n + i] = MARK;
			conceal_hole(c, hole, n, after);
			for (uint32_t i = 0; i < after; i++)
				ck_assert_int_eq(hole[n + i], MARK);
			voice(before, FRAME_SAMPLES, 1600 + n, 125 + n);
			int16_t good[FRAME_SAMPLES];
			memcpy(good, before, sizeof(good));
			ck_assert_uint_eq(conceal_good(c, good, FRAME_SAMPLES), 0);
			ck_assert_mem_eq(good, before, sizeof(good));
			guard_free(hole, bytes);
		}
	}
}
END_TEST

static int steepest(const int16_t *samples, uint32_t n)
{
	int most = 0;

	for (uint32_t i = 1; i < n; i++) {
		int step = abs(samples[i] - samples[i - 1]);
		most = step > most ? step : most;
	}
	return most;
}

// A voice with a hole of n samples, made up with what follows known.
static void with_hole(int16_t out[3 * FRAME_SAMPLES], unsigned hz, uint32_t n)
{
	struct conceal *c = heard(hz, 1600);

	voice(out, 3 * FRAME_SAMPLES, 1600 - FRAME_SAMPLES, hz);
	memset(out + FRAME_SAMPLES, 0, n * sizeof(*out));
	conceal_hole(c, out + FRAME_SAMPLES, n, FRAME_SAMPLES);
}

START_TEST(the_ends_of_a_hole_are_no_steps)
{
	for (unsigned hz = 80; hz < 250; hz += HZ_STEP) {
		for (uint32_t n = 2 * PER_MS; n <= FRAME_SAMPLES; n += PER_MS) {
			int16_t real[3 * FRAME_SAMPLES], out[3 * FRAME_SAMPLES];

			voice(real, 3 * FRAME_SAMPLES, 0, hz);
			with_hole(out, hz, n);
			ck_assert_int_le(steepest(out + FRAME_SAMPLES - 4, n + 8),
				2 * steepest(real, 3 * FRAME_SAMPLES));
		}
	}
}
END_TEST

// A loss of many short pieces is as one of them all: it goes on where it was.
START_TEST(pieces_of_a_loss_go_on)
{
	for (unsigned hz = 80; hz < 250; hz += HZ_STEP) {
		int16_t real[FRAME_SAMPLES], out[4 + FRAME_SAMPLES];
		struct conceal *c = heard(hz, 1600);

		voice(real, FRAME_SAMPLES, 0, hz);
		voice(out, 4, 1600 - 4, hz);
		for (uint32_t at = 0; at < FRAME_SAMPLES; at += PER_MS)
			conceal_lost(c, out + 4 + at, PER_MS);
		ck_assert_int_le(
			steepest(out, 4 + FRAME_SAMPLES), 2 * steepest(real, FRAME_SAMPLES));
	}
}
END_TEST

START_TEST(good_sound_fades_in_where_its_loss_was_open)
{
	struct conceal *c = heard(125, 1600);
	int16_t made[FRAME_SAMPLES], good[FRAME_SAMPLES], before[FRAME_SAMPLES];

	conceal_lost(c, made, FRAME_SAMPLES);
	voice(before, FRAME_SAMPLES, 1600 + FRAME_SAMPLES + 37, 125);
	memcpy(good, before, sizeof(good));
	uint32_t changed = conceal_good(c, good, FRAME_SAMPLES);
	ck_assert_uint_ge(changed, 10);
	ck_assert_uint_le(changed, 30);
	ck_assert_mem_eq(good + changed, before + changed, (FRAME_SAMPLES - changed) * 2);
	ck_assert_uint_eq(conceal_good(c, good, FRAME_SAMPLES), 0);
}
END_TEST

UNIT_MAIN("conceal_hole", nothing_is_written_behind_a_hole, what_follows_a_hole_stays,
	the_ends_of_a_hole_are_no_steps, pieces_of_a_loss_go_on,
	good_sound_fades_in_where_its_loss_was_open)
