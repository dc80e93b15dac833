// May a block hit? With AVX-512 VNNI: sixteen dot products at once, one broadcast pair of samples
// a step.
#include "dsp/dtmf_gate_tests.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET	__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define VECTORS 4 // of 32 samples: 102 and what lies beyond
#define LAST	6 // samples of the block in the fourth

TARGET static inline __m512i ulaw(__m256i bytes)
{
	__m512i u = _mm512_xor_si512(_mm512_cvtepu8_epi16(bytes), _mm512_set1_epi16(0xff));
	__m512i low = _mm512_slli_epi16(_mm512_and_si512(u, _mm512_set1_epi16(0x0f)), 3);
	__m512i seg = _mm512_and_si512(_mm512_srli_epi16(u, 4), _mm512_set1_epi16(7));
	__m512i bias = _mm512_set1_epi16(0x84);
	__m512i size = _mm512_sllv_epi16(_mm512_add_epi16(low, bias), seg);
	__mmask32 minus = _mm512_test_epi16_mask(u, _mm512_set1_epi16(0x80));

	size = _mm512_sub_epi16(size, bias);
	return _mm512_mask_sub_epi16(size, minus, _mm512_setzero_si512(), size);
}

TARGET static inline __m512i alaw(__m256i bytes)
{
	__m512i a = _mm512_xor_si512(_mm512_cvtepu8_epi16(bytes), _mm512_set1_epi16(0x55));
	__m512i low = _mm512_slli_epi16(_mm512_and_si512(a, _mm512_set1_epi16(0x0f)), 4);
	__m512i seg = _mm512_and_si512(_mm512_srli_epi16(a, 4), _mm512_set1_epi16(7));
	__mmask32 upper = _mm512_test_epi16_mask(seg, seg);
	__m512i add = _mm512_mask_mov_epi16(_mm512_set1_epi16(8), upper, _mm512_set1_epi16(0x108));
	__m512i shift = _mm512_subs_epu16(seg, _mm512_set1_epi16(1));
	__m512i size = _mm512_sllv_epi16(_mm512_add_epi16(low, add), shift);
	__mmask32 plus = _mm512_test_epi16_mask(a, _mm512_set1_epi16(0x80));

	return _mm512_mask_sub_epi16(size, (__mmask32)~plus, _mm512_setzero_si512(), size);
}

// Decodes the block, silence beyond its end, and returns its energy.
TARGET static inline float decode(const uint8_t *block, enum codec_id law, int16_t samples[128])
{
	__m512 energy = _mm512_setzero_ps();

	for (int i = 0; i < VECTORS; i++) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32 * i));
		__m512i x = law == CODEC_PCMU ? ulaw(bytes) : alaw(bytes);
		if (i == VECTORS - 1)
			x = _mm512_maskz_mov_epi16((1u << LAST) - 1, x);
		_mm512_store_si512(samples + 32 * i, x);
		energy = _mm512_add_ps(energy, _mm512_cvtepi32_ps(_mm512_madd_epi16(x, x)));
	}
	return _mm512_reduce_add_ps(energy);
}

// |sum x e^-jwt|^2 of the eight frequencies: 4 rows, 4 columns.
TARGET static inline __m256 powers(const struct gate_table *t, const int16_t *samples)
{
	const int32_t *pairs = (const int32_t *)(const void *)samples;
	__m512i sum[3] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};

	for (int i = 0; i < GATE_PAIRS; i += 3) {
		for (int k = 0; k < 3; k++)
			sum[k] = _mm512_dpwssd_epi32(sum[k], _mm512_set1_epi32(pairs[i + k]),
				_mm512_load_si512(t->pair[i + k]));
	}
	__m512 all = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_add_epi32(sum[0], sum[1]), sum[2]));
	__m512 squares = _mm512_mul_ps(all, all);
	__m256 sines = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(squares), 1));

	return _mm256_add_ps(_mm512_castps512_ps256(squares), sines);
}

TARGET bool gate_may_hit_avx512(const struct gate_table *t, const uint8_t *block, enum codec_id law)
{
	_Alignas(64) int16_t samples[128];
	float energy = decode(block, law, samples);

	if (gate_too_weak(t, energy))
		return false;
	return gate_tests(t, powers(t, samples), energy);
}
#endif
