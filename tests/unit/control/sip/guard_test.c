// What strangers get: a bounded number of answers, and silence after failed passwords.
#include "tests/unit/unit.h"

#include "control/sip/transport/guard.h"

static const struct guard_limits limits = {.answers_per_s = 2, .auth_failures = 3, .lockout_s = 10};

static struct addr at(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

START_TEST(answers_per_second)
{
	struct guard *g = guard_new(8);
	struct addr a = at("192.0.2.1:5060"), other_port = at("192.0.2.1:9"), b = at("192.0.2.2");

	guard_limit(g, &limits);
	ck_assert(guard_answer(g, &a, 1000));
	ck_assert(guard_answer(g, &other_port, 1000));
	ck_assert(!guard_answer(g, &a, 1000));
	ck_assert(guard_answer(g, &b, 1000));
	ck_assert(!guard_answer(g, &a, 1499));
	ck_assert(guard_answer(g, &a, 1500));
	ck_assert(!guard_answer(g, &a, 1500));
	ck_assert(guard_answer(g, &a, 900000));
	ck_assert(guard_answer(g, &a, 900000));
	ck_assert(!guard_answer(g, &a, 900000));
	guard_free(g);
}
END_TEST

START_TEST(failures_lock_out_for_a_time)
{
	struct guard *g = guard_new(8);
	struct addr a = at("192.0.2.1"), b = at("192.0.2.2");

	guard_limit(g, &limits);
	ck_assert(!guard_failed(g, &a, 0));
	ck_assert(!guard_failed(g, &a, 1));
	ck_assert(!guard_locked(g, &a, 1));
	ck_assert(guard_failed(g, &a, 2));
	ck_assert(guard_locked(g, &a, 2));
	ck_assert(!guard_locked(g, &b, 2));
	ck_assert(guard_locked(g, &a, 10001));
	ck_assert(!guard_locked(g, &a, 10002));
	// Three more are needed for the next time; a right password in between forgives.
	ck_assert(!guard_failed(g, &a, 10003));
	ck_assert(!guard_failed(g, &a, 10004));
	guard_passed(g, &a);
	ck_assert(!guard_failed(g, &a, 10005));
	ck_assert(!guard_failed(g, &a, 10006));
	// Old failures are forgotten.
	ck_assert(!guard_failed(g, &a, 30000));
	ck_assert(!guard_failed(g, &a, 30001));
	ck_assert(guard_failed(g, &a, 30002));
	guard_free(g);
}
END_TEST

START_TEST(challenges_left_open)
{
	struct guard *g = guard_new(8);
	struct addr a = at("192.0.2.1"), b = at("192.0.2.2");

	guard_limit(g, &limits);
	guard_passed(g, &a);
	ck_assert(!guard_challenged(g, &a));
	ck_assert(guard_challenged(g, &a));
	ck_assert(!guard_challenged(g, &b));
	guard_passed(g, &a);
	ck_assert(!guard_challenged(g, &a));
	ck_assert(guard_challenged(g, &b));
	guard_free(g);
}
END_TEST

START_TEST(ip6_counts_by_its_64)
{
	struct guard *g = guard_new(8);
	struct addr a = at("2001:db8::1"), near = at("2001:db8::ffff:1"),
		    far = at("2001:db8:0:1::1");

	guard_limit(g, &limits);
	for (unsigned i = 0; i < 3; i++)
		guard_failed(g, i & 1 ? &near : &a, 5);
	ck_assert(guard_locked(g, &near, 5));
	ck_assert(!guard_locked(g, &far, 5));
	guard_free(g);
}
END_TEST

START_TEST(the_table_is_bounded_and_forgets_the_oldest)
{
	struct guard *g = guard_new(4);
	struct addr a = at("192.0.2.1");

	guard_limit(g, &limits);
	for (unsigned i = 0; i < 3; i++)
		guard_failed(g, &a, 0);
	for (unsigned i = 0; i < 100; i++) {
		struct addr x = at("10.0.0.0");
		x.ip[3] = (uint8_t)i;
		ck_assert(guard_answer(g, &x, 1));
		if (i == 2)
			ck_assert(guard_locked(g, &a, 1));
	}
	ck_assert(!guard_locked(g, &a, 1));
	guard_free(g);
}
END_TEST

START_TEST(no_limit_of_failures)
{
	struct guard *g = guard_new(4);
	struct addr a = at("192.0.2.1");

	for (unsigned i = 0; i < 100; i++)
		ck_assert(!guard_failed(g, &a, 0));
	ck_assert(!guard_locked(g, &a, 0));
	ck_assert(!guard_answer(g, &a, 0));
	guard_free(g);
}
END_TEST

UNIT_MAIN("guard", answers_per_second, failures_lock_out_for_a_time, challenges_left_open,
	ip6_counts_by_its_64, the_table_is_bounded_and_forgets_the_oldest, no_limit_of_failures)
