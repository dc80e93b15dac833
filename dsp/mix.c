// Adding and scaling sound, saturating.
#include "dsp/mix.h"

#include <stddef.h>

// A resolver runs before a sanitizer is ready, and clang 14 has no clones.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
	!defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define CLONES
#endif

#define GAIN_UNITY 256
#define GAIN_MAX   UINT16_MAX // 48 dB: the product with a sample still fits 32 bits

static inline int16_t saturate(int32_t x)
{
	x = x < INT16_MAX ? x : INT16_MAX;
	return (int16_t)(x > INT16_MIN ? x : INT16_MIN);
}

CLONES
void mix_add(int16_t into[], const int16_t from[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		into[i] = saturate(into[i] + from[i]);
}

CLONES
void mix_gain(int16_t samples[], uint32_t n, uint32_t gain_256)
{
	int32_t gain = gain_256 < GAIN_MAX ? (int32_t)gain_256 : GAIN_MAX;

	if (gain == GAIN_UNITY)
		return;
	for (uint32_t i = 0; i < n; i++)
		samples[i] = saturate((samples[i] * gain + GAIN_UNITY / 2) >> 8);
}

CLONES
void mix_sum_add(int32_t sum[], const int16_t from[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		sum[i] += from[i];
}

CLONES
static void out_without(int16_t out[], const int32_t sum[], const int16_t own[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = saturate(sum[i] - own[i]);
}

CLONES
static void out_all(int16_t out[], const int32_t sum[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = saturate(sum[i]);
}

void mix_sum_out(int16_t out[], const int32_t sum[], const int16_t own[], uint32_t n)
{
	if (own != NULL)
		out_without(out, sum, own, n);
	else
		out_all(out, sum, n);
}
