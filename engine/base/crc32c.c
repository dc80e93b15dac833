// CRC-32C by the CPU's instruction, or four bits at a time where it has none.
#include "engine/base/crc32c.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Remainders of the 16 nibbles for the reflected polynomial 0x82f63b78.
static const uint32_t crc32c_nibble[16] = {
	0x00000000,
	0x105ec76f,
	0x20bd8ede,
	0x30e349b1,
	0x417b1dbc,
	0x5125dad3,
	0x61c69362,
	0x7198540d,
	0x82f63b78,
	0x92a8fc17,
	0xa24bb5a6,
	0xb21572c9,
	0xc38d26c4,
	0xd3d3e1ab,
	0xe330a81a,
	0xf36e6f75,
};

static uint32_t crc32c_soft(uint32_t crc, const unsigned char *p, size_t len)
{
	for (; len; len--, p++) {
		crc ^= *p;
		crc = (crc >> 4) ^ crc32c_nibble[crc & 15];
		crc = (crc >> 4) ^ crc32c_nibble[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse(
	uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t acc = crc, word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		acc = __builtin_ia32_crc32di(acc, word);
	}
	crc = (uint32_t)acc;
	for (; len; len--, p++)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}

// The instruction takes three cycles and can begin in each of them: three thirds of a block at a
// time. A remainder moves over the bytes behind it by a product without carries: with x^(8n-33)
// modulo the polynomial, reflected, whose remainder the instruction then takes.
#define THIRD	 1360u	       // of 4,080 bytes
#define OVER_ONE 0x3f70cc6full // moves over a third
#define OVER_TWO 0x5aa1f3cfull

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_move(uint32_t crc, uint64_t over)
{
	__m128i product = _mm_clmulepi64_si128(
		_mm_cvtsi32_si128((int)crc), _mm_cvtsi64_si128((long long)over), 0);

	return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_thirds(
	uint32_t crc, const unsigned char *p, size_t len)
{
	for (; len >= 3 * THIRD; len -= 3 * THIRD, p += 3 * THIRD) {
		uint64_t acc[3] = {crc}, word[3];

		for (size_t i = 0; i < THIRD; i += sizeof(word[0])) {
			memcpy(&word[0], p + i, sizeof(word[0]));
			memcpy(&word[1], p + THIRD + i, sizeof(word[0]));
			memcpy(&word[2], p + 2 * THIRD + i, sizeof(word[0]));
			acc[0] = _mm_crc32_u64(acc[0], word[0]);
			acc[1] = _mm_crc32_u64(acc[1], word[1]);
			acc[2] = _mm_crc32_u64(acc[2], word[2]);
		}
		crc = crc32c_move((uint32_t)acc[0], OVER_TWO) ^
			crc32c_move((uint32_t)acc[1], OVER_ONE) ^ (uint32_t)acc[2];
	}
	return crc32c_sse(crc, p, len);
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
#if defined(__x86_64__)
	if (len >= 3 * THIRD && __builtin_cpu_supports("sse4.2") &&
		__builtin_cpu_supports("pclmul"))
		return ~crc32c_thirds(~crc, data, len);
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc32c_sse(~crc, data, len);
#endif
	return ~crc32c_soft(~crc, data, len);
}
