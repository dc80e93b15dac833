// The pool: exhaustion, FIFO rest of freed slots, stale handles.
#include "tests/unit/unit.h"

#include "engine/base/pool.h"

#define SLOTS 5

START_TEST(full_pool_gives_none)
{
	struct pool p;

	ck_assert_int_eq(pool_init(&p, SLOTS), 0);
	for (uint32_t i = 0; i < SLOTS; i++)
		ck_assert_uint_eq(pool_take(&p), i);
	ck_assert_uint_eq(pool_take(&p), POOL_NONE);
	ck_assert_uint_eq(p.used, SLOTS);
	pool_give(&p, 3);
	ck_assert_uint_eq(pool_take(&p), 3);
	ck_assert_uint_eq(pool_take(&p), POOL_NONE);
	pool_fini(&p);
}
END_TEST

START_TEST(freed_slot_rests_longest)
{
	struct pool p;

	ck_assert_int_eq(pool_init(&p, SLOTS), 0);
	pool_give(&p, pool_take(&p)); // 0 goes behind 1 to 4
	for (uint32_t i = 1; i < SLOTS; i++)
		ck_assert_uint_eq(pool_take(&p), i);
	ck_assert_uint_eq(pool_take(&p), 0);
	pool_fini(&p);
}
END_TEST

START_TEST(stale_handle_is_not_valid)
{
	struct pool p;

	ck_assert_int_eq(pool_init(&p, 1), 0);
	ck_assert(!pool_valid(&p, 0, pool_generation(&p, 0))); // never taken
	uint32_t slot = pool_take(&p), first = pool_generation(&p, slot);
	ck_assert(pool_valid(&p, slot, first));
	pool_give(&p, slot);
	ck_assert(!pool_valid(&p, slot, first));
	ck_assert(!pool_valid(&p, slot, pool_generation(&p, slot))); // free
	ck_assert_uint_eq(pool_take(&p), slot);
	ck_assert(!pool_valid(&p, slot, first));
	ck_assert(pool_valid(&p, slot, pool_generation(&p, slot)));
	ck_assert(!pool_valid(&p, 1, pool_generation(&p, slot))); // beyond the pool
	pool_fini(&p);
}
END_TEST

UNIT_MAIN("pool", full_pool_gives_none, freed_slot_rests_longest, stale_handle_is_not_valid)
