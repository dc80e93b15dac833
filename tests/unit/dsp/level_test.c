// Levels of sines, the extremes and silence.
#include "tests/unit/unit.h"

#include "dsp/level.h"
#include "tests/unit/dsp/sound.h"

START_TEST(a_sine_has_its_level)
{
	for (int dbm0 = 3; dbm0 >= -60; dbm0--) {
		int16_t samples[FRAME_SAMPLES] = {0};

		sound_sine(samples, FRAME_SAMPLES, 0, 1000, dbm0);
		ck_assert_int_eq(level_dbm0(samples, FRAME_SAMPLES), dbm0);
	}
}
END_TEST

START_TEST(extremes_do_not_overflow)
{
	int16_t samples[FRAME_SAMPLES];

	for (int i = 0; i < FRAME_SAMPLES; i++)
		samples[i] = INT16_MIN;
	ck_assert_int_eq(level_dbm0(samples, FRAME_SAMPLES), 6); // a square is 3 dB over a sine
	for (int i = 0; i < FRAME_SAMPLES; i++)
		samples[i] = 0;
	ck_assert_int_eq(level_dbm0(samples, FRAME_SAMPLES), LEVEL_SILENCE_DBM0);
	samples[3] = 1;
	ck_assert_int_eq(level_dbm0(samples, FRAME_SAMPLES), LEVEL_SILENCE_DBM0);
	ck_assert_int_eq(level_dbm0(samples, 0), LEVEL_SILENCE_DBM0);
}
END_TEST

UNIT_MAIN("level", a_sine_has_its_level, extremes_do_not_overflow)
