// Who is locked out after wrong passwords, for how long, and who is not.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/sip/transport/lockout.h"
#include "engine/base/str.h"

static const struct lockout_limits limits = {.failures = 3, .lock_s = 10};

static struct lockout *l;
static struct addr source;
static uint64_t nonce;

static void begin(unsigned addresses)
{
	l = lockout_new(addresses);
	ck_assert_ptr_nonnull(l);
	lockout_limit(l, &limits);
}

// Each over another nonce than the one before. A name that begins with '?' is nobody's.
static struct lockout_try *try_at(const char *text, const char *name, uint64_t now_ms)
{
	static struct lockout_try t;

	ck_assert_int_eq(addr_parse(text, &source), 0);
	t = (struct lockout_try){.source = &source,
		.name = name,
		.account = *name == '?' ? NULL : name,
		.nonce = ++nonce,
		.now_ms = now_ms};
	return &t;
}

static unsigned wrong(const char *text, const char *name, uint64_t now_ms)
{
	return lockout_failed(l, try_at(text, name, now_ms));
}

static unsigned holds(const char *text, const char *name, uint64_t now_ms)
{
	return lockout_holds(l, try_at(text, name, now_ms));
}

START_TEST(failures_lock_an_account_where_they_came_from)
{
	begin(8);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 0), 0);
	ck_assert_uint_eq(wrong("192.0.2.1:9", "anna", 1), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 1), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 2), LOCKOUT_THERE | LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 2), LOCKOUT_THERE | LOCKOUT_ACCOUNT);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 2), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "?", 2), 0);
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

// A hundred phones behind one address, none of which has signed in yet; one has a wrong password
// and says it every half minute, for a day.
START_TEST(one_wrong_phone_locks_no_office)
{
	struct lockout_limits real = {.failures = 5, .lock_s = 300};
	unsigned locked = 0;

	begin(8);
	lockout_limit(l, &real);
	for (uint64_t ms = 0; ms < 86400000; ms += 30000) {
		struct lockout_try *t = try_at("192.0.2.1:5062", "wrong", ms);
		unsigned held = lockout_holds(l, t);
		if (!held)
			(void)lockout_failed(l, t);
		locked += held != 0;
		ck_assert_uint_eq(holds("192.0.2.1:5099", "anna", ms), 0);
		ck_assert_uint_eq(holds("192.0.2.1:5098", "?", ms), 0);
	}
	ck_assert_uint_gt(locked, 1000); // most of its tries were not looked at
	lockout_free(l);
}
END_TEST

START_TEST(a_name_that_is_nobodys_locks_no_office_either)
{
	begin(8);
	for (unsigned i = 0; i < 100; i++)
		if (!holds("192.0.2.1", "?bbo", i))
			ck_assert_uint_eq(wrong("192.0.2.1", "?bbo", i) & LOCKOUT_ADDRESS, 0);
	ck_assert_uint_eq(holds("192.0.2.1", "bob", 100), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "?bbo", 100), LOCKOUT_THERE);
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
	wrong("2001:db8::1", "anna", 0); // one of them counts once
	wrong("2001:db8::ffff:1", "?", 0);
	ck_assert_uint_eq(wrong("2001:db8::2", "ben", 0), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("2001:db8::77", "carl", 0), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("2001:db8:0:1::1", "carl", 0), 0);
	lockout_free(l);
}
END_TEST

// What an address may try before it is locked, whatever the order.
START_TEST(guesses_from_one_address_are_bounded)
{
	static const char *const names[] = {"a", "b", "?c", "d", "?e", "f", "g", "h"};
	unsigned looked_at = 0;

	begin(64);
	for (unsigned i = 0; i < 1000; i++) {
		struct lockout_try *t = try_at("192.0.2.1", names[i % 8], i);
		if (lockout_holds(l, t))
			continue;
		looked_at++;
		(void)lockout_failed(l, t);
	}
	ck_assert_uint_le(looked_at, limits.failures * limits.failures);
	lockout_free(l);
}
END_TEST

static const char *in_site(unsigned i, const char *site)
{
	static char text[ADDR_TEXT_MAX];

	ck_assert_int_eq(str_format(text, sizeof(text), "2001:db8:%s:%x::1", site, i), 0);
	return text;
}

// Whoever holds a /48 has 65,536 addresses by /64. They cost him nothing, and us a few places.
START_TEST(a_site_is_locked_as_one)
{
	unsigned begun = 0, sites = 0;
	struct lockout_lock lock;
	char text[ADDR_TEXT_MAX];

	begin(64);
	for (unsigned i = 0; i < 4096; i++)
		for (unsigned k = 0; k < 3; k++) {
			struct lockout_try *t =
				try_at(in_site(i, "1"), k ? k > 1 ? "?c" : "?b" : "?a", 1);
			unsigned bits = lockout_holds(l, t) ? 0 : lockout_failed(l, t);
			ck_assert_uint_eq(bits & ~(unsigned)(LOCKOUT_ADDRESS | LOCKOUT_BLOCK), 0);
			begun += (bits & LOCKOUT_ADDRESS) != 0;
			if (!(bits & LOCKOUT_BLOCK))
				continue;
			sites++;
			lock = lockout_begun(t, LOCKOUT_BLOCK);
			ck_assert_str_eq(addr_text(&lock.address, text), "2001:db8:1::");
			ck_assert_uint_eq(lock.bits, 48);
			ck_assert_str_eq(lock.name, "");
			lock = lockout_begun(t, LOCKOUT_ADDRESS); // as the list has it
			ck_assert_str_eq(addr_text(&lock.address, text), "2001:db8:1:f::");
			ck_assert_uint_eq(lock.bits, 64);
			lock = lockout_begun(t, LOCKOUT_ACCOUNT);
			ck_assert_uint_eq(lock.address.family, ADDR_NONE);
		}
	ck_assert_uint_eq(begun, 16);
	ck_assert_uint_eq(sites, 1); // and its lock is told
	ck_assert_uint_eq(holds(in_site(65535, "1"), "anna", 2), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds(in_site(1, "2"), "anna", 2), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 2), 0);
	struct lockout_try *t = try_at(in_site(9999, "1"), "anna", 3);
	t->phone = t->home = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	ck_assert_uint_eq(lockout_count(l, 3), 17);
	// Lifted for one of its addresses it is lifted.
	ck_assert_int_eq(addr_parse(in_site(65535, "1"), &source), 0);
	ck_assert_uint_eq(lockout_lift(l, &source, NULL, 4), 1);
	ck_assert_uint_eq(holds(in_site(65535, "1"), "anna", 4), 0);
	ck_assert_uint_eq(holds(in_site(3, "1"), "anna", 4), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

// Neither the same password nor another is looked at over a nonce that one came with.
START_TEST(over_one_nonce_one_password_is_looked_at)
{
	begin(8);
	wrong("192.0.2.1", "anna", 0);
	struct lockout_try *again = try_at("192.0.2.1", "anna", 1);
	again->nonce--;
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_uint_eq(lockout_holds(l, again), LOCKOUT_AGAIN);
		ck_assert_uint_eq(lockout_failed(l, again), 0);
	}
	// Another's phone behind the same address has its own.
	again->name = again->account = "ben";
	ck_assert_uint_eq(lockout_holds(l, again), 0);
	wrong("192.0.2.1", "anna", 2);
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
	ck_assert_uint_eq(lockout_holds(l, t), LOCKOUT_THERE);
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

static const char *nobody(unsigned i)
{
	static char name[16];

	ck_assert_int_eq(str_format(name, sizeof(name), "?%u", i), 0);
	return name;
}

START_TEST(an_office_may_fail_for_an_account_more_for_each_phone)
{
	begin(8);
	struct lockout_try *t = NULL;
	for (unsigned i = 0; i < 6; i++) {
		t = try_at("192.0.2.1", nobody(i), 0);
		t->allowance = 4;
		ck_assert_uint_eq(lockout_failed(l, t), 0);
	}
	t = try_at("192.0.2.1", nobody(6), 0);
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
	for (unsigned i = 0; i < 9; i++)
		wrong("192.0.2.1", i < 3 ? "anna" : i < 6 ? "ben" : "carl", 0);
	for (unsigned i = 0; i < 16384; i++)
		wrong(nth(i), "?", 1);
	ck_assert_uint_eq(holds("192.0.2.1", "dora", 2), LOCKOUT_ADDRESS);
	ck_assert_uint_ne(holds("192.0.2.1", "anna", 2) & LOCKOUT_THERE, 0);
	lockout_free(l);
}
END_TEST

START_TEST(full_of_locks_it_takes_nobody_new)
{
	begin(64);
	for (unsigned i = 0; i < 63 * 3; i++)
		wrong(nth(i / 3), nobody(i % 3), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 1), 0);
	for (unsigned i = 0; i < 3; i++)
		wrong("192.0.2.7", nobody(i), 1);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 2), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(wrong("192.0.2.1", "ben", 2), 0);
	struct lockout_try *t = try_at("192.0.2.50", "anna", 2);
	t->phone = t->home = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	for (unsigned i = 0; i < 63; i++)
		ck_assert_uint_eq(holds(nth(i), "?", 9999), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("192.0.2.1", "ben", 10000), 0); // the first are over
	ck_assert_uint_eq(holds("192.0.2.7", "ben", 10000), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

START_TEST(full_of_locks_it_still_takes_an_office)
{
	begin(64);
	for (unsigned i = 0; i < 64 * 3; i++)
		wrong(nth(i / 3), nobody(i % 3), i / 3);
	// A phone that started anew comes from another port; one beside it was never seen.
	struct lockout_try *t = try_at("192.0.2.50:9", "anna", 100);
	t->allowance = 1;
	t->home = true;
	ck_assert_uint_eq(lockout_holds(l, t), 0);
	// Nor may a guesser there guess for ever.
	for (unsigned i = 0; i < 4; i++) {
		t = try_at("192.0.2.50:9", nobody(i), 101);
		t->allowance = 1;
		ck_assert_uint_eq(lockout_failed(l, t) & LOCKOUT_ADDRESS, i == 3);
	}
	t = try_at("192.0.2.50:9", "carl", 102);
	t->allowance = 1;
	ck_assert_uint_eq(lockout_holds(l, t), LOCKOUT_ADDRESS);
	// It cost the oldest lock alone, and who had that is a stranger without room.
	ck_assert_uint_eq(holds(nth(0), "?", 103), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds(nth(1), "?", 103), LOCKOUT_ADDRESS);
	lockout_free(l);
}
END_TEST

// Accounts at an address have places of their own; where they are all taken by locks, each
// failure is the address's.
START_TEST(without_room_for_accounts_each_failure_is_the_address_s)
{
	begin(4);
	for (unsigned i = 0; i < 4 * 3; i++)
		wrong(nth(i / 3), "?", 0);
	ck_assert_uint_eq(lockout_count(l, 1), 4);
	wrong("192.0.2.1", "anna", 1);
	wrong("192.0.2.1", "anna", 1);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 1), LOCKOUT_ADDRESS | LOCKOUT_ACCOUNT);
	lockout_free(l);
}
END_TEST

struct seen {
	unsigned addresses, accounts, there;
};

static void see(const struct lockout_lock *lock, void *arg)
{
	struct seen *s = arg;

	ck_assert_uint_eq(lock->failures, 3);
	ck_assert_uint_eq(lock->until_ms - lock->since_ms, 10000);
	if (lock->address.family == ADDR_NONE)
		s->accounts++;
	else if (lock->name[0])
		s->there++;
	else
		s->addresses++;
}

static struct seen list(uint64_t now_ms)
{
	struct lockout_lock lock;
	struct seen s = {0};
	uint32_t from = 0;

	while (lockout_page(l, &from, now_ms, see, &s))
		continue;
	if (lockout_of_account(l, "anna", now_ms, &lock))
		see(&lock, &s);
	return s;
}

START_TEST(locks_are_listed_and_lifted)
{
	begin(1024);
	for (unsigned i = 0; i < 9; i++)
		wrong("192.0.2.1", i < 3 ? "anna" : i < 6 ? "?b" : "?c", i);
	struct seen s = list(9);
	ck_assert_uint_eq(s.addresses, 1);
	ck_assert_uint_eq(s.there, 3);
	ck_assert_uint_eq(s.accounts, 1);
	ck_assert_uint_eq(lockout_count(l, 9), 5);
	ck_assert_int_eq(addr_parse("192.0.2.2", &source), 0);
	ck_assert_uint_eq(lockout_lift(l, &source, NULL, 9), 0);
	ck_assert_uint_eq(lockout_lift(l, NULL, "ben", 9), 0);
	ck_assert_uint_eq(lockout_lift(l, NULL, "anna", 9), 2);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 9), LOCKOUT_ADDRESS);
	ck_assert_uint_eq(holds("192.0.2.2", "anna", 9), 0);
	ck_assert_int_eq(addr_parse("192.0.2.1", &source), 0);
	ck_assert_uint_eq(lockout_lift(l, &source, NULL, 9), 3);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 9), 0);
	ck_assert_uint_eq(lockout_count(l, 9), 0);
	// They begin anew, with as many tries.
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 10), 0);
	ck_assert_uint_eq(wrong("192.0.2.1", "anna", 11), 0);
	ck_assert_uint_ne(wrong("192.0.2.1", "anna", 12), 0);
	ck_assert_uint_eq(lockout_lift(l, NULL, NULL, 13), 2);
	s = list(13);
	ck_assert_uint_eq(s.addresses + s.there + s.accounts, 0);
	lockout_free(l);
}
END_TEST

START_TEST(no_limit_of_failures)
{
	struct lockout_limits none = {.lock_s = 10};

	begin(4);
	lockout_limit(l, &none);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(wrong("192.0.2.1", nobody(i % 7), 0), 0);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 0), 0);
	lockout_free(l);
}
END_TEST

// By a reload: what stands is shortened, and each is counted once and no longer than it stands.
START_TEST(a_shorter_lock_is_no_longer_for_those_that_stand)
{
	struct lockout_limits shorter = {.failures = 3, .lock_s = 2};

	begin(8);
	for (unsigned i = 0; i < 3; i++)
		(void)wrong("192.0.2.1", "anna", i);
	ck_assert_uint_eq(lockout_count(l, 3), 2);
	lockout_limit(l, &shorter);
	ck_assert_uint_ne(holds("192.0.2.1", "anna", 2001), 0);
	for (unsigned i = 0; i < 3; i++)
		(void)wrong("192.0.2.2", "ben", 1000);
	ck_assert_uint_eq(lockout_count(l, 1000), 4);
	ck_assert_uint_eq(holds("192.0.2.1", "anna", 2002), 0);
	ck_assert_uint_eq(lockout_count(l, 2002), 2);
	for (unsigned i = 0; i < 3; i++)
		(void)wrong("192.0.2.2", "ben", 3001);
	ck_assert_uint_eq(lockout_count(l, 3001), 2);
	ck_assert_uint_eq(lockout_count(l, 5001), 0);
	lockout_limit(l, &limits); // longer again, for new ones
	for (unsigned i = 0; i < 3; i++)
		(void)wrong("192.0.2.2", "ben", 6000);
	ck_assert_uint_eq(lockout_count(l, 15999), 2);
	ck_assert_uint_eq(lockout_count(l, 16000), 0);
	lockout_free(l);
}
END_TEST

UNIT_MAIN("lockout", a_shorter_lock_is_no_longer_for_those_that_stand,
	failures_lock_an_account_where_they_came_from, one_wrong_phone_locks_no_office,
	a_name_that_is_nobodys_locks_no_office_either, many_addresses_share_the_tries_of_an_account,
	many_accounts_share_the_tries_of_an_address, guesses_from_one_address_are_bounded,
	a_site_is_locked_as_one, over_one_nonce_one_password_is_looked_at, the_good_phone_goes_on,
	a_right_password_forgives_its_own_failures_alone,
	an_office_may_fail_for_an_account_more_for_each_phone, a_lock_cannot_be_flushed,
	full_of_locks_it_takes_nobody_new, full_of_locks_it_still_takes_an_office,
	without_room_for_accounts_each_failure_is_the_address_s, locks_are_listed_and_lifted,
	no_limit_of_failures)
