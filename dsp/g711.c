// G.711 by arithmetic: a segment and its four bits are the exponent and the upper mantissa of a
// float, so that both directions are free of branches and tables and the compiler vectorises them,
// for each instruction set that the CPU may have.
#include "dsp/g711.h"

#include <string.h>

#define LOOP static inline __attribute__((always_inline)) // compiled anew in each set below

#define ULAW_BIAS  132	// 33 of G.711's 14-bit scale, on 16 bits
#define ALAW_EVEN  0x55 // the bits that are inverted on the wire
#define SIGN	   0x80
#define FLOAT_EXP  127 // bias of the exponent
#define CODE_SHIFT 19  // exponent and four bits of mantissa
#define HALF_STEP  (1 << (CODE_SHIFT - 1))

static inline int32_t float_bits(float f)
{
	int32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static inline float float_from_bits(int32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

LOOP uint32_t ulaw_encode(uint8_t *payload, const int16_t *samples, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t x = samples[i];
		int32_t sign = x >> 31;
		int32_t size = (x ^ sign) - sign + ULAW_BIAS;

		size = size < 32767 ? size : 32767;
		// 2^7 is the foot of segment 0.
		int32_t code = (float_bits((float)size) >> CODE_SHIFT) - ((FLOAT_EXP + 7) << 4);

		payload[i] = (uint8_t)(~code ^ (sign & SIGN));
	}
	return n;
}

LOOP uint32_t ulaw_decode(int16_t *samples, const uint8_t *payload, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		int32_t code = ~(int32_t)payload[i];
		int32_t sign = -((code >> 7) & 1);
		int32_t bits = ((code & 0x7f) + ((FLOAT_EXP + 7) << 4)) << CODE_SHIFT | HALF_STEP;
		int32_t size = (int32_t)float_from_bits(bits) - ULAW_BIAS;

		samples[i] = (int16_t)((size ^ sign) - sign);
	}
	return len;
}

LOOP uint32_t alaw_encode(uint8_t *payload, const int16_t *samples, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t x = samples[i];
		int32_t sign = x >> 31;
		int32_t size = x ^ sign;
		// 2^8 is the foot of segment 1; the steps below it are as wide as those of it.
		int32_t low = (size < 256 ? size : 256) >> 4;
		int32_t code = (float_bits((float)size) >> CODE_SHIFT) - ((FLOAT_EXP + 7) << 4);

		code = low + (code > 16 ? code : 16) - 16;
		payload[i] = (uint8_t)(code ^ (~sign & SIGN) ^ ALAW_EVEN);
	}
	return n;
}

LOOP uint32_t alaw_decode(int16_t *samples, const uint8_t *payload, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		int32_t code = payload[i] ^ ALAW_EVEN;
		int32_t sign = ((code >> 7) & 1) - 1;
		int32_t bits = ((code & 0x7f) + ((FLOAT_EXP + 7) << 4)) << CODE_SHIFT | HALF_STEP;
		int32_t low = ((code & 0x7f) << 4) + 8;
		int32_t size = (int32_t)float_from_bits(bits);

		size = (code & 0x70) ? size : low;
		samples[i] = (int16_t)((size ^ sign) - sign);
	}
	return len;
}

// Tables 3 and 4 of G.711 are straight lines with a step at each of a few codes. Bytes only, so
// that sixteen codes fit a vector.
LOOP void ulaw_to_alaw(uint8_t *out, const uint8_t *in, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint8_t u = (uint8_t)~in[i] & 0x7f;
		uint8_t half = (uint8_t)(u + 1) >> 1;
		uint8_t steps = (u > 32) + (u > 33) + (u > 34) + (u > 35) + (u > 47) + (u > 48) +
			(u > 63) + (u > 80);
		uint8_t a = u - (half < 8 ? half : 8) + steps;

		out[i] = (a ^ ALAW_EVEN) | (in[i] & SIGN);
	}
}

LOOP void alaw_to_ulaw(uint8_t *out, const uint8_t *in, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint8_t a = (in[i] ^ ALAW_EVEN) & 0x7f;
		uint8_t steps = (a > 24) + (a > 26) + (a > 28) + (a > 30) + (a > 44) + (a > 46) +
			(a > 62) + (a > 79);
		uint8_t u = a + (a < 7 ? a + 1 : 8) - steps;

		out[i] = (uint8_t)(~u & 0x7f) | (in[i] & SIGN);
	}
}

// The same six loops for one instruction set.
#define G711_SET(set, target)                                                                 \
	target static uint32_t set##_ulaw_encode(                                             \
		uint8_t *payload, const int16_t *samples, uint32_t n)                         \
	{                                                                                     \
		return ulaw_encode(payload, samples, n);                                      \
	}                                                                                     \
	target static uint32_t set##_ulaw_decode(                                             \
		int16_t *samples, const uint8_t *payload, uint32_t len)                       \
	{                                                                                     \
		return ulaw_decode(samples, payload, len);                                    \
	}                                                                                     \
	target static uint32_t set##_alaw_encode(                                             \
		uint8_t *payload, const int16_t *samples, uint32_t n)                         \
	{                                                                                     \
		return alaw_encode(payload, samples, n);                                      \
	}                                                                                     \
	target static uint32_t set##_alaw_decode(                                             \
		int16_t *samples, const uint8_t *payload, uint32_t len)                       \
	{                                                                                     \
		return alaw_decode(samples, payload, len);                                    \
	}                                                                                     \
	target static void set##_ulaw_to_alaw(uint8_t *out, const uint8_t *in, uint32_t len)  \
	{                                                                                     \
		ulaw_to_alaw(out, in, len);                                                   \
	}                                                                                     \
	target static void set##_alaw_to_ulaw(uint8_t *out, const uint8_t *in, uint32_t len)  \
	{                                                                                     \
		alaw_to_ulaw(out, in, len);                                                   \
	}                                                                                     \
	static const struct g711_set set##_set = {#set, set##_ulaw_encode, set##_ulaw_decode, \
		set##_alaw_encode, set##_alaw_decode, set##_ulaw_to_alaw, set##_alaw_to_ulaw}

G711_SET(plain, );
#if defined(__x86_64__)
G711_SET(avx2, __attribute__((target("avx2"))));
G711_SET(avx512, __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))));
#endif

const struct g711_set *g711_set_of(enum g711_kind kind)
{
#if defined(__x86_64__)
	if (kind == G711_AVX512)
		return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
				__builtin_cpu_supports("avx512dq")
			? &avx512_set
			: NULL;
	if (kind == G711_AVX2)
		return __builtin_cpu_supports("avx2") ? &avx2_set : NULL;
#endif
	return kind == G711_PLAIN ? &plain_set : NULL;
}

// A few tests of bits that the C library has read at the start.
static const struct g711_set *best(void)
{
	const struct g711_set *set = g711_set_of(G711_AVX512);

	if (!set)
		set = g711_set_of(G711_AVX2);
	return set ? set : &plain_set;
}

uint32_t g711_ulaw_encode(uint8_t *payload, const int16_t *samples, uint32_t n)
{
	return best()->ulaw_encode(payload, samples, n);
}

uint32_t g711_ulaw_decode(int16_t *samples, const uint8_t *payload, uint32_t len)
{
	return best()->ulaw_decode(samples, payload, len);
}

uint32_t g711_alaw_encode(uint8_t *payload, const int16_t *samples, uint32_t n)
{
	return best()->alaw_encode(payload, samples, n);
}

uint32_t g711_alaw_decode(int16_t *samples, const uint8_t *payload, uint32_t len)
{
	return best()->alaw_decode(samples, payload, len);
}

void g711_ulaw_to_alaw(uint8_t *out, const uint8_t *in, uint32_t len)
{
	best()->ulaw_to_alaw(out, in, len);
}

void g711_alaw_to_ulaw(uint8_t *out, const uint8_t *in, uint32_t len)
{
	best()->alaw_to_ulaw(out, in, len);
}
