// Adding and scaling against plain wide arithmetic.
#include "tests/unit/unit.h"

#include <string.h>

#include "dsp/mix.h"
#include "tests/unit/dsp/sound.h"

static long clip(long x)
{
	return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
}

START_TEST(adding_saturates)
{
	int16_t a[FRAME_SAMPLES], b[FRAME_SAMPLES], sum[FRAME_SAMPLES];
	uint64_t seed = 11;

	for (int round = 0; round < 50; round++) {
		sound_noise(a, FRAME_SAMPLES, &seed, 32767);
		sound_noise(b, FRAME_SAMPLES, &seed, 32767);
		a[0] = b[0] = INT16_MIN;
		a[1] = b[1] = INT16_MAX;
		memcpy(sum, a, sizeof(sum));
		mix_add(sum, b, FRAME_SAMPLES);
		for (int i = 0; i < FRAME_SAMPLES; i++)
			ck_assert_int_eq(sum[i], clip((long)a[i] + b[i]));
	}
}
END_TEST

START_TEST(gain_scales_rounds_and_saturates)
{
	static const uint32_t gains[] = {0, 1, 128, 255, 256, 257, 512, 4096, 65535, UINT32_MAX};
	int16_t a[FRAME_SAMPLES], out[FRAME_SAMPLES];
	uint64_t seed = 12;

	for (size_t g = 0; g < sizeof(gains) / sizeof(gains[0]); g++) {
		double gain = gains[g] > 65535 ? 65535 : gains[g];

		sound_noise(a, FRAME_SAMPLES, &seed, 32767);
		a[0] = INT16_MIN;
		a[1] = 0;
		memcpy(out, a, sizeof(out));
		mix_gain(out, FRAME_SAMPLES, gains[g]);
		for (int i = 0; i < FRAME_SAMPLES; i++)
			ck_assert_int_eq(out[i], clip((long)floor(a[i] * gain / 256 + 0.5)));
	}
}
END_TEST

START_TEST(sum_without_oneself_saturates_once)
{
	static int16_t in[32][FRAME_SAMPLES];
	int32_t sum[FRAME_SAMPLES] = {0};
	int16_t out[FRAME_SAMPLES];
	uint64_t seed = 13;

	for (unsigned p = 0; p < 32; p++) {
		sound_noise(in[p], FRAME_SAMPLES, &seed, p % 2 ? 32767 : 3000);
		in[p][0] = INT16_MIN;
		in[p][1] = INT16_MAX;
		mix_sum_add(sum, in[p], FRAME_SAMPLES);
	}
	for (unsigned p = 0; p <= 32; p++) {
		mix_sum_out(out, sum, p < 32 ? in[p] : NULL, FRAME_SAMPLES);
		for (int i = 0; i < FRAME_SAMPLES; i++) {
			long others = 0;
			for (unsigned k = 0; k < 32; k++)
				others += k == p ? 0 : in[k][i];
			ck_assert_int_eq(out[i], clip(others));
		}
	}
}
END_TEST

UNIT_MAIN("mix", adding_saturates, gain_scales_rounds_and_saturates,
	sum_without_oneself_saturates_once)
