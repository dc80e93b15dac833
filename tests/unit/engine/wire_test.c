// Sums against a plain one, word by word: over any bytes, and carried over from one header to
// another.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/rng.h"
#include "engine/net/wire.h"

#define ROUNDS UNIT_ROUNDS(200000)
#define BYTES  300

static uint8_t bytes[BYTES + 8];
static struct rng rng;

static void begin(void)
{
	rng_seed(&rng, 1624);
}

// RFC 1071, as it says.
static uint32_t plain_add(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint16_t host(uint16_t memory)
{
	uint8_t p[2];

	memcpy(p, &memory, 2);
	return wire_get16(p);
}

// Now and then all zeros, or all ones, whose sums are the two zeros of ones' complement.
static void fill(uint8_t *p, uint32_t len)
{
	uint32_t kind = rng_below(&rng, 16);

	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)(kind == 0 ? 0 : kind == 1 ? 0xff : rng_u64(&rng));
}

START_TEST(sums_are_those_of_words)
{
	begin();
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t len = rng_below(&rng, BYTES + 1), at = rng_below(&rng, 8);

		fill(bytes + at, len);
		ck_assert_uint_eq(host(wire_fold(wire_sum(0, bytes + at, len))),
			plain_add(0, bytes + at, len));
	}
}
END_TEST

START_TEST(vectors_sum_up_the_same)
{
	begin();
	for (enum wire_summer_kind kind = WIRE_PLAIN; kind < WIRE_SUMMERS; kind++) {
		wire_summer *sum = wire_summer_of(kind);

		for (unsigned i = 0; sum && i < ROUNDS; i++) {
			uint32_t len = rng_below(&rng, BYTES + 1), at = rng_below(&rng, 8);
			uint64_t before = rng_below(&rng, 4) ? rng_u64(&rng) : UINT64_MAX;

			fill(bytes + at, len);
			ck_assert_uint_eq(wire_fold(sum(0, bytes + at, len)),
				wire_fold(wire_sum(0, bytes + at, len)));
			ck_assert_uint_eq(wire_fold(sum(before, bytes + at, len)),
				wire_fold(wire_sum(before, bytes + at, len)));
		}
	}
	ck_assert_ptr_nonnull(wire_summer_of(WIRE_PLAIN));
}
END_TEST

START_TEST(longest_packet_of_ones_fills_no_lane)
{
	static uint8_t most[UINT16_MAX];

	memset(most, 0xff, sizeof(most));
	for (enum wire_summer_kind kind = WIRE_PLAIN; kind < WIRE_SUMMERS; kind++) {
		wire_summer *sum = wire_summer_of(kind);

		if (sum)
			ck_assert_uint_eq(wire_fold(sum(UINT64_MAX, most, UINT16_MAX - 1)), 0xffff);
	}
}
END_TEST

START_TEST(parts_may_be_summed_up_in_any_order)
{
	begin();
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t len = rng_below(&rng, BYTES + 1), cut = rng_below(&rng, len + 1) & ~1u;
		uint16_t word = (uint16_t)rng_u64(&rng);
		uint8_t last[2] = {(uint8_t)(word >> 8), (uint8_t)word};
		uint64_t sum;

		fill(bytes, len);
		sum = wire_sum(wire_sum16(0, word), bytes + cut, len - cut);
		sum = wire_sum(sum, bytes, cut);
		ck_assert_uint_eq(
			host(wire_fold(sum)), plain_add(plain_add(0, bytes, len), last, 2));
	}
}
END_TEST

START_TEST(every_carry_comes_round)
{
	uint8_t ones[BYTES];

	memset(ones, 0xff, sizeof(ones));
	for (uint32_t len = 2; len <= BYTES; len += 2) {
		ck_assert_uint_eq(wire_fold(wire_sum(0, ones, len)), 0xffff);
		ck_assert_uint_eq(wire_fold(wire_sum(UINT64_MAX, ones, len)), 0xffff);
	}
	ck_assert_uint_eq(wire_fold(0), 0);
	ck_assert_uint_eq(wire_fold(UINT64_MAX), 0xffff);
	ck_assert_uint_eq(wire_fold(0xffff0000ffff0001), 1);
	ck_assert_uint_eq(wire_fold(1ull << 32 | 1ull << 48), 2);
}
END_TEST

// A packet's first `head` bytes, its checksum among them, are replaced by others: the checksum that
// is made from the old one is the one that the new packet sums up to.
START_TEST(a_checksum_is_carried_over)
{
	begin();
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t head = 10 + 2 * rng_below(&rng, 30), len = head + rng_below(&rng, 200);
		uint64_t rest;
		uint16_t want, got;

		fill(bytes, len);
		memset(bytes, 0, 2);
		wire_put_checksum(bytes, wire_sum(0, bytes, len));
		rest = wire_sum_rest(wire_sum(0, bytes, head));
		fill(bytes, head);
		memset(bytes, 0, 2);
		want = (uint16_t)~plain_add(0, bytes, len);
		wire_put_checksum(bytes, wire_sum(rest, bytes, head));
		got = wire_get16(bytes);
		// Where all is zeros there are two right answers.
		ck_assert(got == want || (got ^ want) == 0xffff);
		ck_assert_uint_eq(plain_add(0, bytes, len), 0xffff);
	}
}
END_TEST

START_TEST(an_error_is_carried_over_too)
{
	begin();
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t rest;
		uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));

		fill(bytes, 100);
		memset(bytes, 0, 2);
		wire_put_checksum(bytes, wire_sum(0, bytes, 100));
		rest = wire_sum_rest(wire_sum(0, bytes, 20));
		bytes[20 + rng_below(&rng, 80)] ^= bit;
		fill(bytes, 20);
		memset(bytes, 0, 2);
		wire_put_checksum(bytes, wire_sum(rest, bytes, 20));
		ck_assert_uint_ne(plain_add(0, bytes, 100), 0xffff);
	}
}
END_TEST

UNIT_MAIN("wire", sums_are_those_of_words, vectors_sum_up_the_same,
	longest_packet_of_ones_fills_no_lane, parts_may_be_summed_up_in_any_order,
	every_carry_comes_round, a_checksum_is_carried_over, an_error_is_carried_over_too)
