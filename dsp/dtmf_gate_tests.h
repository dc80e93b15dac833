// A block's powers and SpanDSP's tests on them: what both instruction sets end in.
#pragma once

#include "dsp/dtmf_gate_private.h"

#if defined(__x86_64__)
#include <immintrin.h>

typedef int64_t gate_pairs __attribute__((may_alias)); // what is common, what is apart

// Row and column together come to at most 56.4 times the energy, and each must pass.
static inline bool gate_too_weak(const struct gate_table *t, float energy)
{
	return energy * 28.2f * (float)GATE_POWER < t->threshold;
}

// Sums of cosine and sine, of the 4 rows and of the 4 columns, to the 8 powers.
__attribute__((target("avx2"))) static inline __m256 gate_powers(__m256i rows, __m256i columns)
{
	__m256 row = _mm256_cvtepi32_ps(rows), column = _mm256_cvtepi32_ps(columns);
	__m256 both = _mm256_hadd_ps(_mm256_mul_ps(row, row), _mm256_mul_ps(column, column));

	return _mm256_castpd_ps(
		_mm256_permute4x64_pd(_mm256_castps_pd(both), _MM_SHUFFLE(3, 1, 2, 0)));
}

// p: of 4 rows and 4 columns.
__attribute__((target("avx2"))) static inline bool gate_tests(
	const struct gate_table *t, __m256 p, float energy)
{
	__m256 best = _mm256_max_ps(p, _mm256_permute_ps(p, _MM_SHUFFLE(2, 3, 0, 1)));
	best = _mm256_max_ps(best, _mm256_permute_ps(best, _MM_SHUFFLE(1, 0, 3, 2)));
	__m256 peak = _mm256_mul_ps(p, _mm256_set1_ps(t->relative_peak));
	unsigned near = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(peak, best, _CMP_GT_OQ));
	float row = _mm256_cvtss_f32(best);
	float column = _mm_cvtss_f32(_mm256_extractf128_ps(best, 1));

	// The best is near itself; nothing else may be.
	return __builtin_popcount(near & 0x0f) == 1 && __builtin_popcount(near >> 4) == 1 &&
		row >= t->threshold && column >= t->threshold && column < row * t->reverse_twist &&
		column * t->normal_twist > row && row + column > t->total * energy;
}
#endif
