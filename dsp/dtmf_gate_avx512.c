// May a block hit? With AVX-512 VNNI: sixteen dot products at once, one broadcast of two pairs of
// folded samples a step.
#include "dsp/dtmf_gate_tests.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET	__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,bmi,bmi2")))
#define WORDS	32 // in a vector
#define VECTORS 2  // of a half block
#define REST	(GATE_FOLDED - WORDS)
#define IN_REST ((1u << REST) - 1)

// The next two: halves of the samples.
TARGET static inline __m512i ulaw(__m256i bytes)
{
	__m512i u = _mm512_xor_si512(_mm512_cvtepu8_epi16(bytes), _mm512_set1_epi16(0xff));
	__m512i low = _mm512_slli_epi16(_mm512_and_si512(u, _mm512_set1_epi16(0x0f)), 2);
	__m512i seg = _mm512_and_si512(_mm512_srli_epi16(u, 4), _mm512_set1_epi16(7));
	__m512i bias = _mm512_set1_epi16(0x42);
	__m512i size = _mm512_sllv_epi16(_mm512_add_epi16(low, bias), seg);
	__mmask32 minus = _mm512_test_epi16_mask(u, _mm512_set1_epi16(0x80));

	size = _mm512_sub_epi16(size, bias);
	return _mm512_mask_sub_epi16(size, minus, _mm512_setzero_si512(), size);
}

TARGET static inline __m512i alaw(__m256i bytes)
{
	__m512i a = _mm512_xor_si512(_mm512_cvtepu8_epi16(bytes), _mm512_set1_epi16(0x55));
	__m512i low = _mm512_slli_epi16(_mm512_and_si512(a, _mm512_set1_epi16(0x0f)), 3);
	__m512i seg = _mm512_and_si512(_mm512_srli_epi16(a, 4), _mm512_set1_epi16(7));
	__mmask32 upper = _mm512_test_epi16_mask(seg, seg);
	__m512i add = _mm512_mask_mov_epi16(_mm512_set1_epi16(4), upper, _mm512_set1_epi16(0x84));
	__m512i shift = _mm512_subs_epu16(seg, _mm512_set1_epi16(1));
	__m512i size = _mm512_sllv_epi16(_mm512_add_epi16(low, add), shift);
	__mmask32 plus = _mm512_test_epi16_mask(a, _mm512_set1_epi16(0x80));

	return _mm512_mask_sub_epi16(size, (__mmask32)~plus, _mm512_setzero_si512(), size);
}

// 32 samples from one on. What a mask leaves out is not read, so the two pieces of the block need
// not be copied to lie behind each other.
TARGET static inline __m512i decode(const struct dtmf_block *b, enum codec_id law, int at)
{
	int have = (int)b->have - at;
	__mmask32 kept = _bzhi_u32(~0u, have > 0 ? (unsigned)have : 0);
	__m256i first = _mm256_maskz_loadu_epi8(kept, b->kept + at);
	__m256i bytes = _mm256_mask_loadu_epi8(first, ~kept, b->rest - have);

	return law == CODEC_PCMU ? ulaw(bytes) : alaw(bytes);
}

TARGET static inline __m512i backwards(__m512i words)
{
	const __m512i order = _mm512_set_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

	return _mm512_permutexvar_epi16(order, words);
}

TARGET static inline __m512 energy_of(__m512i words)
{
	return _mm512_cvtepi32_ps(_mm512_madd_epi16(words, words));
}

// Pairs of common and of different, by turns.
TARGET static inline void put_folded(int16_t out[4 * WORDS / 2], __m512i near, __m512i far)
{
	const __m512i low =
		_mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
	const __m512i high =
		_mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
	__m512i common = _mm512_add_epi16(near, far), apart = _mm512_sub_epi16(near, far);

	_mm512_store_si512(out, _mm512_permutex2var_epi32(common, low, apart));
	_mm512_store_si512(out + WORDS, _mm512_permutex2var_epi32(common, high, apart));
}

// Decodes and folds the block, returns its energy.
TARGET static inline float fold(
	const struct dtmf_block *block, enum codec_id law, int16_t folded[4 * WORDS])
{
	const int last = DTMF_BLOCK - WORDS;
	__m512i near[VECTORS] = {decode(block, law, 0), decode(block, law, WORDS)};
	__m512i far[VECTORS] = {
		backwards(decode(block, law, last)), backwards(decode(block, law, last - WORDS))};

	near[1] = _mm512_maskz_mov_epi16(IN_REST, near[1]);
	far[1] = _mm512_maskz_mov_epi16(IN_REST, far[1]);
	put_folded(folded, near[0], far[0]);
	put_folded(folded + 2 * WORDS, near[1], far[1]);
	__m512 nears = _mm512_add_ps(energy_of(near[0]), energy_of(near[1]));
	__m512 fars = _mm512_add_ps(energy_of(far[0]), energy_of(far[1]));
	return 4 * _mm512_reduce_add_ps(_mm512_add_ps(nears, fars));
}

// |sum x e^-jwt|^2 of the eight frequencies.
TARGET static inline __m256 powers(const struct gate_table *t, const int16_t *folded)
{
	const gate_pairs *pairs = (const gate_pairs *)(const void *)folded;
	__m512i sum[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};

	for (int i = 0; i < GATE_PAIRS; i += 2) {
		for (int k = 0; k < 2; k++)
			sum[k] = _mm512_dpwssd_epi32(sum[k], _mm512_set1_epi64(pairs[i + k]),
				_mm512_load_si512(t->pair[i + k]));
	}
	__m512i all = _mm512_add_epi32(sum[0], sum[1]);

	return gate_powers(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
}

TARGET bool gate_may_hit_avx512(
	const struct gate_table *t, const struct dtmf_block *block, enum codec_id law)
{
	_Alignas(64) int16_t folded[4 * WORDS];
	float energy = fold(block, law, folded);

	if (gate_too_weak(t, energy))
		return false;
	return gate_tests(t, powers(t, folded), energy);
}
#endif
