// The Internet checksum of a payload (RFC 1071), by vectors.
#include "engine/net/wire.h"

#define LOOP static inline __attribute__((always_inline))

typedef uint64_t lanes4 __attribute__((vector_size(32)));
typedef uint64_t lanes2 __attribute__((vector_size(16)));

// Words of 32 bits into lanes of 64, which no packet fills: so no carry has to come round before
// the end.
LOOP uint64_t sum_of(uint64_t sum, const uint8_t *p, uint32_t len)
{
	const uint64_t low = UINT32_MAX;
	lanes4 all = {0}, four;
	lanes2 rest, two;
	uint64_t word;

	for (; len >= 32; p += 32, len -= 32) {
		memcpy(&four, p, 32);
		all += (four & low) + (four >> 32);
	}
	rest = (lanes2){all[0], all[1]} + (lanes2){all[2], all[3]};
	if (len & 16) {
		memcpy(&two, p, 16);
		rest += (two & low) + (two >> 32);
		p += 16;
	}
	word = rest[0] + rest[1];
	return wire_carry(wire_sum_tail(sum, p, len & 15), word);
}

static uint64_t plain(uint64_t sum, const uint8_t *p, uint32_t len)
{
	return sum_of(sum, p, len);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t avx2(uint64_t sum, const uint8_t *p, uint32_t len)
{
	return sum_of(sum, p, len);
}
#endif

wire_summer *wire_summer_of(enum wire_summer_kind kind)
{
#if defined(__x86_64__)
	if (kind == WIRE_AVX2)
		return __builtin_cpu_supports("avx2") ? avx2 : NULL;
#endif
	return kind == WIRE_PLAIN ? plain : NULL;
}

uint64_t wire_sum_payload(uint64_t sum, const uint8_t *p, uint32_t len)
{
	wire_summer *widest = wire_summer_of(WIRE_AVX2);

	return widest ? widest(sum, p, len) : plain(sum, p, len);
}
