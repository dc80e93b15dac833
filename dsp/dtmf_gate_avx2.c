// May a block hit? With AVX2: rows and columns in a vector each.
#include "dsp/dtmf_gate_tests.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET	__attribute__((target("avx2")))
#define WORDS	16 // in a vector
#define VECTORS 4  // of a half block, the last one not full

// 2^segment by a table look-up in each byte: AVX2 has no shift by lanes of 16 bits.
TARGET static inline __m256i power_of_two(__m256i seg, __m128i powers)
{
	__m256i table = _mm256_broadcastsi128_si256(powers);

	return _mm256_and_si256(_mm256_shuffle_epi8(table, seg), _mm256_set1_epi16(0xff));
}

// The next two: halves of the samples.
TARGET static inline __m256i ulaw(__m128i bytes)
{
	const __m128i powers =
		_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256i u = _mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), _mm256_set1_epi16(0xff));
	__m256i low = _mm256_slli_epi16(_mm256_and_si256(u, _mm256_set1_epi16(0x0f)), 2);
	__m256i seg = _mm256_and_si256(_mm256_srli_epi16(u, 4), _mm256_set1_epi16(7));
	__m256i bias = _mm256_set1_epi16(0x42);
	__m256i size = _mm256_sub_epi16(
		_mm256_mullo_epi16(_mm256_add_epi16(low, bias), power_of_two(seg, powers)), bias);
	__m256i minus = _mm256_srai_epi16(_mm256_slli_epi16(u, 8), 15);

	return _mm256_sub_epi16(_mm256_xor_si256(size, minus), minus);
}

TARGET static inline __m256i alaw(__m128i bytes)
{
	const __m128i powers = _mm_setr_epi8(1, 1, 2, 4, 8, 16, 32, 64, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256i a = _mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), _mm256_set1_epi16(0x55));
	__m256i low = _mm256_slli_epi16(_mm256_and_si256(a, _mm256_set1_epi16(0x0f)), 3);
	__m256i seg = _mm256_and_si256(_mm256_srli_epi16(a, 4), _mm256_set1_epi16(7));
	__m256i lowest = _mm256_cmpeq_epi16(seg, _mm256_setzero_si256());
	__m256i add = _mm256_blendv_epi8(_mm256_set1_epi16(0x84), _mm256_set1_epi16(4), lowest);
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

// 16 samples from one on.
TARGET static inline __m256i decode(const uint8_t *bytes, enum codec_id law)
{
	__m128i sixteen = _mm_loadu_si128((const __m128i *)(const void *)bytes);

	return law == CODEC_PCMU ? ulaw(sixteen) : alaw(sixteen);
}

TARGET static inline __m256i backwards(__m256i words)
{
	const __m256i order = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1));

	return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(words, order), _MM_SHUFFLE(1, 0, 3, 2));
}

// Pairs of common and of different, by turns.
TARGET static inline void put_folded(int16_t out[2 * WORDS], __m256i near, __m256i far)
{
	__m256i common = _mm256_add_epi16(near, far), apart = _mm256_sub_epi16(near, far);
	__m256i even = _mm256_unpacklo_epi32(common, apart);
	__m256i odd = _mm256_unpackhi_epi32(common, apart);
	__m256i *to = (__m256i *)(void *)out;

	_mm256_store_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
	_mm256_store_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

// Decodes and folds the block, returns its energy.
TARGET static inline float fold(
	const uint8_t *block, enum codec_id law, int16_t folded[2 * WORDS * VECTORS])
{
	const __m256i in_last =
		_mm256_setr_epi16(-1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	__m256 energy = _mm256_setzero_ps();

	for (int i = 0; i < VECTORS; i++) {
		int from = i * WORDS;
		__m256i near = decode(block + from, law);
		__m256i far = backwards(decode(block + (DTMF_BLOCK - WORDS - from), law));

		if (i == VECTORS - 1) {
			near = _mm256_and_si256(near, in_last);
			far = _mm256_and_si256(far, in_last);
		}
		put_folded(folded + 2 * from, near, far);
		energy = _mm256_add_ps(energy, _mm256_cvtepi32_ps(_mm256_madd_epi16(near, near)));
		energy = _mm256_add_ps(energy, _mm256_cvtepi32_ps(_mm256_madd_epi16(far, far)));
	}
	return 4 * sum_of(energy);
}

// |sum x e^-jwt|^2 of the eight frequencies.
TARGET static inline __m256 powers(const struct gate_table *t, const int16_t *folded)
{
	const gate_pairs *pairs = (const gate_pairs *)(const void *)folded;
	__m256i rows = _mm256_setzero_si256(), columns = _mm256_setzero_si256();

	for (int i = 0; i < GATE_PAIRS; i++) {
		const __m256i *c = (const __m256i *)(const void *)t->pair[i];
		__m256i pair = _mm256_set1_epi64x(pairs[i]);
		rows = _mm256_add_epi32(rows, _mm256_madd_epi16(pair, _mm256_load_si256(c)));
		columns = _mm256_add_epi32(
			columns, _mm256_madd_epi16(pair, _mm256_load_si256(c + 1)));
	}
	return gate_powers(rows, columns);
}

TARGET bool gate_may_hit_avx2(
	const struct gate_table *t, const struct dtmf_block *block, enum codec_id law)
{
	_Alignas(32) int16_t folded[2 * WORDS * VECTORS];
	uint8_t bytes[DTMF_BLOCK]; // the kept ones may be cold, and written just now

	memcpy(bytes, block->kept, block->have);
	memcpy(bytes + block->have, block->rest, DTMF_BLOCK - block->have);
	float energy = fold(bytes, law, folded);

	if (gate_too_weak(t, energy))
		return false;
	return gate_tests(t, powers(t, folded), energy);
}
#endif
