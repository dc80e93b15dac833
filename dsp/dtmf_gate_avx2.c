// May a block hit? With AVX2: cosines and sines in a vector each.
#include "dsp/dtmf_gate_tests.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET	__attribute__((target("avx2")))
#define VECTORS 7 // of 16 samples: 102 and what lies beyond
#define LAST	6 // samples of the block in the seventh

// 2^segment by a table look-up in each byte: AVX2 has no shift by lanes of 16 bits.
TARGET static inline __m256i power_of_two(__m256i seg, __m128i powers)
{
	__m256i table = _mm256_broadcastsi128_si256(powers);

	return _mm256_and_si256(_mm256_shuffle_epi8(table, seg), _mm256_set1_epi16(0xff));
}

TARGET static inline __m256i ulaw(__m128i bytes)
{
	const __m128i powers =
		_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256i u = _mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), _mm256_set1_epi16(0xff));
	__m256i low = _mm256_slli_epi16(_mm256_and_si256(u, _mm256_set1_epi16(0x0f)), 3);
	__m256i seg = _mm256_and_si256(_mm256_srli_epi16(u, 4), _mm256_set1_epi16(7));
	__m256i bias = _mm256_set1_epi16(0x84);
	__m256i size = _mm256_sub_epi16(
		_mm256_mullo_epi16(_mm256_add_epi16(low, bias), power_of_two(seg, powers)), bias);
	__m256i minus = _mm256_srai_epi16(_mm256_slli_epi16(u, 8), 15);

	return _mm256_sub_epi16(_mm256_xor_si256(size, minus), minus);
}

TARGET static inline __m256i alaw(__m128i bytes)
{
	const __m128i powers = _mm_setr_epi8(1, 1, 2, 4, 8, 16, 32, 64, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256i a = _mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), _mm256_set1_epi16(0x55));
	__m256i low = _mm256_slli_epi16(_mm256_and_si256(a, _mm256_set1_epi16(0x0f)), 4);
	__m256i seg = _mm256_and_si256(_mm256_srli_epi16(a, 4), _mm256_set1_epi16(7));
	__m256i lowest = _mm256_cmpeq_epi16(seg, _mm256_setzero_si256());
	__m256i add = _mm256_blendv_epi8(_mm256_set1_epi16(0x108), _mm256_set1_epi16(8), lowest);
	__m256i size = _mm256_mullo_epi16(_mm256_add_epi16(low, add), power_of_two(seg, powers));
	__m256i minus = _mm256_xor_si256(
		_mm256_srai_epi16(_mm256_slli_epi16(a, 8), 15), _mm256_set1_epi16(-1));

	return _mm256_sub_epi16(_mm256_xor_si256(size, minus), minus);
}

TARGET static inline float sum_of(__m256 v)
{
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

// Decodes the block, silence beyond its end, and returns its energy.
TARGET static inline float decode(const uint8_t *block, enum codec_id law, int16_t samples[112])
{
	const __m256i last =
		_mm256_setr_epi16(-1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256 energy = _mm256_setzero_ps();

	for (int i = 0; i < VECTORS; i++) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
		__m256i x = law == CODEC_PCMU ? ulaw(bytes) : alaw(bytes);
		if (i == VECTORS - 1)
			x = _mm256_and_si256(x, last);
		_mm256_store_si256((__m256i *)(void *)(samples + 16 * i), x);
		energy = _mm256_add_ps(energy, _mm256_cvtepi32_ps(_mm256_madd_epi16(x, x)));
	}
	return sum_of(energy);
}

// |sum x e^-jwt|^2 of the eight frequencies: 4 rows, 4 columns.
TARGET static inline __m256 powers_of(const struct gate_table *t, const int16_t *samples)
{
	const int32_t *pairs = (const int32_t *)(const void *)samples;
	__m256i cosines = _mm256_setzero_si256(), sines = _mm256_setzero_si256();

	for (int i = 0; i < GATE_PAIRS; i++) {
		const __m256i *c = (const __m256i *)(const void *)t->pair[i];
		__m256i pair = _mm256_set1_epi32(pairs[i]);
		cosines = _mm256_add_epi32(cosines, _mm256_madd_epi16(pair, _mm256_load_si256(c)));
		sines = _mm256_add_epi32(sines, _mm256_madd_epi16(pair, _mm256_load_si256(c + 1)));
	}
	__m256 re = _mm256_cvtepi32_ps(cosines), im = _mm256_cvtepi32_ps(sines);

	return _mm256_add_ps(_mm256_mul_ps(re, re), _mm256_mul_ps(im, im));
}

TARGET bool gate_may_hit_avx2(const struct gate_table *t, const uint8_t *block, enum codec_id law)
{
	_Alignas(32) int16_t samples[112];
	float energy = decode(block, law, samples);

	if (gate_too_weak(t, energy))
		return false;
	return gate_tests(t, powers_of(t, samples), energy);
}
#endif
