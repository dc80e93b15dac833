// Adding and scaling sound, saturating.
#include "dsp/mix.h"

#define GAIN_UNITY 256
#define GAIN_MAX   UINT16_MAX // 48 dB: the product with a sample still fits 32 bits

static inline int16_t saturate(int32_t x)
{
	x = x < INT16_MAX ? x : INT16_MAX;
	return (int16_t)(x > INT16_MIN ? x : INT16_MIN);
}

void mix_add(int16_t into[], const int16_t from[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		into[i] = saturate(into[i] + from[i]);
}

void mix_gain(int16_t samples[], uint32_t n, uint32_t gain_256)
{
	int32_t gain = gain_256 < GAIN_MAX ? (int32_t)gain_256 : GAIN_MAX;

	if (gain == GAIN_UNITY)
		return;
	for (uint32_t i = 0; i < n; i++)
		samples[i] = saturate((samples[i] * gain + GAIN_UNITY / 2) >> 8);
}
