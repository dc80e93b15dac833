// The random source: the published algorithm's own sequence, replay, even spread.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/rng.h"

START_TEST(known_state_gives_known_sequence)
{
	// Worked by hand from the definition: rotl(s[1] * 5, 7) * 9 with s = {1, 2, 3, 4}.
	struct rng r = {.s = {1, 2, 3, 4}};

	ck_assert_uint_eq(rng_u64(&r), 11520);
	ck_assert_uint_eq(rng_u64(&r), 0);
	ck_assert_uint_eq(rng_u64(&r), 1509978240);
	ck_assert_uint_eq(rng_u64(&r), 1215971899390074240ull);
}
END_TEST

START_TEST(same_seed_replays)
{
	struct rng a, b, c;

	rng_seed(&a, 42);
	rng_seed(&b, 42);
	rng_seed(&c, 43);
	ck_assert_int_eq(memcmp(&a, &b, sizeof(a)), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(rng_u64(&a), rng_u64(&b));
	ck_assert_uint_ne(rng_u64(&a), rng_u64(&c));
	ck_assert_uint_ne(rng_seed_os(), rng_seed_os());
}
END_TEST

START_TEST(below_is_even_and_below)
{
	unsigned seen[7] = {0};
	struct rng r;

	rng_seed(&r, 7);
	for (int i = 0; i < 70000; i++) {
		uint32_t x = rng_below(&r, 7);

		ck_assert_uint_lt(x, 7);
		seen[x]++;
	}
	for (int i = 0; i < 7; i++) { // mean 10,000, standard deviation 93
		ck_assert_uint_gt(seen[i], 9400);
		ck_assert_uint_lt(seen[i], 10600);
	}
	ck_assert_uint_eq(rng_below(&r, 1), 0);
}
END_TEST

// Three times 2^30: without drawing again, one result of three would be twice as likely.
START_TEST(limits_near_the_word_are_even_too)
{
	unsigned low = 0;
	struct rng r;

	rng_seed(&r, 9);
	for (int i = 0; i < 30000; i++)
		low += rng_below(&r, 3u << 30) % 3 == 0;
	ck_assert_uint_gt(low, 9500); // mean 10,000, standard deviation 82
	ck_assert_uint_lt(low, 10500);
}
END_TEST

UNIT_MAIN("rng", known_state_gives_known_sequence, same_seed_replays, below_is_even_and_below,
	limits_near_the_word_are_even_too)
