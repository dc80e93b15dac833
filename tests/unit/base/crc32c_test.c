// CRC-32C against the vectors of RFC 3720 appendix B.4 and a bit-by-bit model.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/crc32c.h"
#include "engine/base/rng.h"

static uint32_t model(const unsigned char *p, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

START_TEST(rfc_vectors_match)
{
	unsigned char zeros[32] = {0}, ones[32], up[32], down[32];

	memset(ones, 0xff, sizeof(ones));
	for (unsigned i = 0; i < 32; i++) {
		up[i] = (unsigned char)i;
		down[i] = (unsigned char)(31 - i);
	}
	ck_assert_uint_eq(crc32c(0, zeros, 32), 0x8a9136aa);
	ck_assert_uint_eq(crc32c(0, ones, 32), 0x62a8ab43);
	ck_assert_uint_eq(crc32c(0, up, 32), 0x46dd794e);
	ck_assert_uint_eq(crc32c(0, down, 32), 0x113fdb5c);
	ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
}
END_TEST

START_TEST(any_cut_gives_the_same_sum)
{
	unsigned char data[257];
	struct rng rng;

	rng_seed(&rng, 1);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)rng_u64(&rng);
	for (size_t len = 0; len <= sizeof(data); len++) {
		size_t cut = len ? rng_below(&rng, (uint32_t)len) : 0;
		uint32_t part = crc32c(0, data, cut);

		ck_assert_uint_eq(crc32c(0, data, len), model(data, len));
		ck_assert_uint_eq(crc32c(part, data + cut, len - cut), model(data, len));
	}
}
END_TEST

START_TEST(long_ones_are_summed_alike)
{
	static unsigned char data[20000];
	struct rng rng;

	rng_seed(&rng, 2);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)rng_u64(&rng);
	for (size_t len = 4000; len <= sizeof(data); len += 1 + rng_below(&rng, 500)) {
		size_t cut = rng_below(&rng, (uint32_t)len);
		uint32_t part = crc32c(0, data, cut);

		ck_assert_uint_eq(crc32c(0, data, len), model(data, len));
		ck_assert_uint_eq(crc32c(part, data + cut, len - cut), model(data, len));
	}
}
END_TEST

UNIT_MAIN("crc32c", rfc_vectors_match, any_cut_gives_the_same_sum, long_ones_are_summed_alike)
