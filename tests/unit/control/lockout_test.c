// Who is locked out after wrong passwords, for how long, and who is not.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/sip/lockout.h"

static const struct lockout_limits limits = {.failures = 3, .lock_s = 10};

static struct lockout *l;
static struct addr source;
static uint64_t guess;

static void begin(unsigned addresses)
{
	l = lockout_new(addresses);
	ck_assert_ptr_nonnull(l);
	lockout_limit(l, &limits);
}

// Each with another password than the one before.
static struct lockout_try *try_at(const char *text, const char *account, uint64_t now_ms)
{
	static struct lockout_try t;

	ck_assert_int_eq(addr_parse(text, &source), 0);
	t = (struct lockout_try){
		.source = &source, .account = account, .guess = ++guess, .now_ms = now_ms};
	return &t;
}

static unsigned wrong(const char *text, const char *account, uint64_t now_ms)
{
	return lockout_failed(l, try_at(text, account, now_ms));
}

static unsigned holds(const char *text, const char *account, uint64_t now_ms)
{
	return lockout_holds(l, try_at(text, account, now_ms));
}

START_TEST(failures_lock_address_and_account)
{
	begin(8);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 0), 0);
	ck_assert_uint_eq(wrong("192.0.2.1:9", "anna", 1), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 1), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 2), LOCKOUT_ADDRESS | LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 2), LOCKOUT_ADDRESS | LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 2), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("192.0.2.1", NULL, 2), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("192.0.2.2", "anna", 2), LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.2", "ben", 2), 0);
	ck_assert_uint_ne(holds("192.0.2.1", "anna", 10001), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 10002), 0);
	// It takes as many again; old ones are forgotten.
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 10003), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 10004), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 30000), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 30001), 0);
	ck_assert_uint_ne(wrong("192.0.2.1", "anna", 30002), 0);
	lockout_free(l);
}
END_TEST

START_TEST(many_addresses_share_the_tries_of_an_account)
{
	begin(8);
	wrong("192.0.2.1", "anna", 0);
	wrong("192.0.2.2", "anna", 0);
	ck_assert_uint_eq(wrong("192.0.2.3", "anna", 0), LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.4", "anna", 0), LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 0), 0);
	lockout_free(l);
}
END_TEST

START_TEST(many_accounts_share_the_tries_of_an_address)
{
	begin(8);
	wrong("2001:db8::1", "anna", 0);
	wrong("2001:db8::ffff:1", NULL, 0);
	ck_assert_uint_eq(wrong("2001:db8::2", "ben", 0), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("2001:db8::77", "carl", 0), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("2001:db8:0:1::1", "anna", 0), 0);
	lockout_free(l);
}
END_TEST

START_TEST(the_same_guess_is_counted_once)
{
	begin(8);
	wrong("192.0.2.1", "anna", 0);
	struct lockout_try *again = try_at("192.0.2.1", "anna", 1);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_uint_eq(lockout_failed(l, again), 0);
	ck_assert_uint_ne(wrong("192.0.2.1", "anna", 2), 0);
	lockout_free(l);
}
END_TEST

START_TEST(the_good_phone_goes_on)
{
	begin(8);
	for (unsigned i = 0; i < 3; i++)
		wrong("192.0.2.1", "anna", 0);
	struct lockout_try *t = try_at("192.0.2.50", "anna", 1);
	t->home = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	lockout_passed(l, t);
	ck_assert_uint_eq(holds("192.0.2.2", "anna", 2), LOCKOUT_ACCOUNT); // others wait on
	// It is known there also after it said good-bye, as a phone does that starts anew.
	ck_assert_uint_eq(holds("192.0.2.50", "anna", 3), 0);
	// Registered from the locked address itself: what it stands on is not taken from it.
	t = try_at("192.0.2.1:5060", "anna", 4);
	t->home = t->phone = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	t->phone = false;
	ck_assert_uint_eq(lockout_holds(l, t), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

START_TEST(a_right_password_forgives_its_own_failures_alone)
{
	begin(8);
	wrong("192.0.2.1", "anna", 0);
	wrong("192.0.2.1", "anna", 1);
	lockout_passed(l, try_at("192.0.2.1", "anna", 2)); // mistyped
	wrong("192.0.2.1", "anna", 3);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 4), 0);
	lockout_passed(l, try_at("192.0.2.1", "anna", 5));
	// Who has a password of his own does not clear his tries at others'.
	wrong("192.0.2.1", "ben", 6);
	lockout_passed(l, try_at("192.0.2.1", "anna", 7));
	wrong("192.0.2.1", "carl", 8);
	lockout_passed(l, try_at("192.0.2.1", "anna", 9));
	ck_assert_uint_eq(wrong("192.0.2.1", "dora", 10), LOCKOUT_ADDRESS);
	// Nor does the phone at home clear what strangers tried.
	wrong("192.0.2.9", "ben", 20);
	struct lockout_try *t = try_at("192.0.2.50", "ben", 21);
	t->home = true;
	lockout_passed(l, t);
	ck_assert_uint_eq(wrong("192.0.2.8", "ben", 22), LOCKOUT_ACCOUNT);
	lockout_free(l);
}
END_TEST

START_TEST(an_office_has_a_try_more_for_each_phone)
{
	begin(8);
	struct lockout_try *t = NULL;
	for (unsigned i = 0; i < 6; i++) {
		t = try_at("192.0.2.1", NULL, 0);
		t->allowance = 4;
		ck_assert_uint_eq(lockout_failed(l, t), 0);
	}
	t = try_at("192.0.2.1", NULL, 0);
	t->allowance = 4;
	ck_assert_uint_eq(lockout_failed(l, t), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

static const char *nth(unsigned i)
{
	static char text[ADDR_TEXT_MAX];
	struct addr a = {.family = ADDR_IP4, .ip = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};

	return addr_text(&a, text);
}

START_TEST(a_lock_cannot_be_flushed)
{
	begin(64);
	for (unsigned i = 0; i < 3; i++)
		wrong("192.0.2.1", "anna", 0);
	for (unsigned i = 0; i < 16384; i++)
		wrong(nth(i), NULL, 1);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 2), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

START_TEST(full_of_locks_it_takes_nobody_new)
{
	begin(64);
	for (unsigned i = 0; i < 63 * 3; i++)
		wrong(nth(i / 3), NULL, 0);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 1), 0);
	for (unsigned i = 0; i < 3; i++)
		wrong("192.0.2.7", NULL, 1);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 2), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(wrong("192.0.2.1", "ben", 2), 0);
	struct lockout_try *t = try_at("192.0.2.50", "anna", 2);
	t->phone = t->home = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	for (unsigned i = 0; i < 63; i++)
		ck_assert_uint_eq(holds(nth(i), NULL, 9999), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 10000), 0); // the first are over
	ck_assert_uint_eq(holds("192.0.2.7", "ben", 10000), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

START_TEST(full_of_locks_it_still_takes_an_office)
{
	begin(64);
	for (unsigned i = 0; i < 64 * 3; i++)
		wrong(nth(i / 3), NULL, i / 3);
	// A phone that started anew comes from another port; one beside it was never seen.
	struct lockout_try *t = try_at("192.0.2.50:9", "anna", 100);
	t->allowance = 1;
	t->home = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	// Nor may a guesser there guess for ever.
	for (unsigned i = 0; i < 4; i++) {
		t = try_at("192.0.2.50:9", "ben", 101);
		t->allowance = 1;
		ck_assert_uint_eq(lockout_failed(l, t) & LOCKOUT_ADDRESS, i == 3);
	}
	t = try_at("192.0.2.50:9", "carl", 102);
	t->allowance = 1;
	ck_assert_uint_eq(lockout_holds(l, t), LOCKOUT_ADDRESS);
	// It cost the oldest lock alone, and who had that is a stranger without room.
	ck_assert_uint_eq(holds(nth(0), NULL, 103), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds(nth(1), NULL, 103), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

START_TEST(no_limit_of_failures)
{
	struct lockout_limits none = {.lock_s = 10};

	begin(4);
	lockout_limit(l, &none);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(wrong("192.0.2.1", "anna", 0), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 0), 0);
	lockout_free(l);
}
END_TEST

UNIT_MAIN("lockout", failures_lock_address_and_account,
	many_addresses_share_the_tries_of_an_account, many_accounts_share_the_tries_of_an_address,
	the_same_guess_is_counted_once, the_good_phone_goes_on,
	a_right_password_forgives_its_own_failures_alone, an_office_has_a_try_more_for_each_phone,
	a_lock_cannot_be_flushed, full_of_locks_it_takes_nobody_new,
	full_of_locks_it_still_takes_an_office, no_limit_of_failures)
