// Two tables of failures: a fixed one of addresses, a growing one of accounts.
#include "control/sip/lockout.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

#define ACCOUNT_MAX 128 // of a name; as the header that it came in

struct failures {
	unsigned count;
	uint64_t first_ms, locked_until_ms;
	uint64_t guess; // the last one
};

struct address {
	struct hash_node node;
	struct dlist link; // in loose, least recently failed first, or in locked
	uint8_t key[9];	   // family and address, IPv6 by /64
	bool used;
	struct failures failures;
	uint64_t account; // whose failures these are all; 0: of several
};

struct account {
	struct hash_node node;
	struct dlist link; // the one that failed least recently first
	char name[ACCOUNT_MAX];
	struct failures failures;
	struct addr home; // family ADDR_NONE: not known
};

struct lockout {
	struct lockout_limits limits;
	uint64_t seed;
	struct hash addresses, accounts;
	struct dlist loose, locked, all; // the last: accounts
	struct address *table;
};

struct lockout *lockout_new(unsigned addresses_max)
{
	struct lockout *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	dlist_init(&l->loose);
	dlist_init(&l->locked);
	dlist_init(&l->all);
	l->seed = rng_seed_os();
	l->table = calloc(addresses_max, sizeof(*l->table));
	if (!l->table || hash_init(&l->addresses, addresses_max) || hash_init(&l->accounts, 64)) {
		lockout_free(l);
		return NULL;
	}
	for (unsigned i = 0; i < addresses_max; i++)
		dlist_push_back(&l->loose, &l->table[i].link);
	return l;
}

static void forget_account(struct lockout *l, struct account *a)
{
	hash_remove(&l->accounts, &a->node);
	dlist_remove(&a->link);
	free(a);
}

void lockout_free(struct lockout *l)
{
	if (!l)
		return;
	while (!dlist_empty(&l->all))
		forget_account(l, container_of(l->all.next, struct account, link));
	hash_fini(&l->addresses);
	hash_fini(&l->accounts);
	free(l->table);
	free(l);
}

void lockout_limit(struct lockout *l, const struct lockout_limits *limits)
{
	l->limits = *limits;
}

// --- counting ---

static bool is_locked(const struct failures *f, uint64_t now_ms)
{
	return now_ms < f->locked_until_ms;
}

static bool is_over(const struct lockout *l, const struct failures *f, uint64_t now_ms)
{
	return !is_locked(f, now_ms) && now_ms - f->first_ms > l->limits.lock_s * 1000ull;
}

// True when a lock begins.
static bool count(
	const struct lockout *l, struct failures *f, const struct lockout_try *t, unsigned limit)
{
	if (f->count && is_over(l, f, t->now_ms))
		f->count = 0;
	if (f->count && f->guess == t->guess)
		return false;
	if (f->count++ == 0)
		f->first_ms = t->now_ms;
	f->guess = t->guess;
	if (l->limits.failures == 0 || f->count < limit)
		return false;
	f->count = 0;
	f->locked_until_ms = t->now_ms + l->limits.lock_s * 1000ull;
	return true;
}

// --- addresses ---

static void make_key(const struct addr *a, uint8_t key[9])
{
	key[0] = a->family;
	memcpy(key + 1, a->ip, 8); // all of IPv4 and its zeros, or an IPv6 /64
}

static bool same_place(const struct addr *a, const struct addr *b)
{
	uint8_t key_a[9], key_b[9];

	make_key(a, key_a);
	make_key(b, key_b);
	return memcmp(key_a, key_b, sizeof(key_a)) == 0;
}

static struct address *find_address(struct lockout *l, const struct addr *source)
{
	uint8_t key[9];

	make_key(source, key);
	uint64_t hash = hash_bytes(key, sizeof(key), l->seed);
	for (struct hash_node *n = hash_first(&l->addresses, hash); n; n = hash_next(n)) {
		struct address *a = container_of(n, struct address, node);
		if (memcmp(a->key, key, sizeof(key)) == 0)
			return a;
	}
	return NULL;
}

// Whose lock is over is the first to make room.
static void release(struct lockout *l, uint64_t now_ms)
{
	dlist_for_each_safe (it, &l->locked) {
		struct address *a = container_of(it, struct address, link);
		if (is_locked(&a->failures, now_ms))
			return;
		dlist_remove(&a->link);
		dlist_push_front(&l->loose, &a->link);
	}
}

// NULL: there is no room. Where phones stand there always is: the oldest lock makes it.
static struct address *make_address(struct lockout *l, const struct lockout_try *t)
{
	struct address *a = find_address(l, t->source);

	if (a)
		return a;
	if (dlist_empty(&l->loose) && !t->allowance)
		return NULL;
	struct dlist *from = dlist_empty(&l->loose) ? &l->locked : &l->loose;
	a = container_of(from->next, struct address, link);
	if (a->used)
		hash_remove(&l->addresses, &a->node);
	*a = (struct address){.used = true, .link = a->link};
	make_key(t->source, a->key);
	hash_insert(&l->addresses, &a->node, hash_bytes(a->key, sizeof(a->key), l->seed));
	return a;
}

static uint64_t account_hash(const struct lockout *l, const struct lockout_try *t)
{
	return t->account ? hash_str(t->account, l->seed) | 1 : 1;
}

static bool address_failed(struct lockout *l, const struct lockout_try *t)
{
	struct address *a = make_address(l, t);
	uint64_t account = account_hash(l, t);

	if (!a)
		return false; // counts as locked already
	if (a->failures.count == 0)
		a->account = account;
	else if (a->account != account)
		a->account = 0;
	bool begins = count(l, &a->failures, t, l->limits.failures + t->allowance);
	if (is_locked(&a->failures, t->now_ms) && !begins)
		return false; // a phone's, which the lock does not hold for: it keeps its place
	dlist_remove(&a->link);
	dlist_push_back(begins ? &l->locked : &l->loose, &a->link);
	return begins;
}

static bool is_address_locked(struct lockout *l, const struct lockout_try *t)
{
	struct address *a = find_address(l, t->source);

	if (a)
		return is_locked(&a->failures, t->now_ms);
	return dlist_empty(&l->loose) && !t->allowance;
}

// --- accounts ---

static struct account *find_account(const struct lockout *l, const char *name)
{
	if (!name)
		return NULL;
	for (struct hash_node *n = hash_first(&l->accounts, hash_str(name, l->seed)); n;
		n = hash_next(n)) {
		struct account *a = container_of(n, struct account, node);
		if (str_equal(a->name, name))
			return a;
	}
	return NULL;
}

// Least recently failed first; what is over behind one that still counts costs nothing.
static void forget_old(struct lockout *l, uint64_t now_ms)
{
	dlist_for_each_safe (it, &l->all) {
		struct account *a = container_of(it, struct account, link);
		if (!is_over(l, &a->failures, now_ms))
			return;
		forget_account(l, a);
	}
}

static struct account *make_account(struct lockout *l, const char *name)
{
	struct account *a = find_account(l, name);

	if (a || !name)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL; // the address is counted all the same
	(void)str_copy(a->name, sizeof(a->name), name);
	hash_insert(&l->accounts, &a->node, hash_str(a->name, l->seed));
	dlist_init(&a->link);
	return a;
}

static bool account_failed(struct lockout *l, const struct lockout_try *t)
{
	struct account *a = make_account(l, t->account);

	if (!a)
		return false;
	dlist_remove(&a->link);
	dlist_push_back(&l->all, &a->link);
	return count(l, &a->failures, t, l->limits.failures);
}

static bool is_home(const struct account *a, const struct lockout_try *t)
{
	return t->home || (a->home.family != ADDR_NONE && same_place(&a->home, t->source));
}

// --- the doors ---

unsigned lockout_holds(struct lockout *l, const struct lockout_try *t)
{
	struct account *a = find_account(l, t->account);
	unsigned bits = 0;

	release(l, t->now_ms);
	if (!t->phone && is_address_locked(l, t))
		bits |= LOCKOUT_ADDRESS;
	if (a && is_locked(&a->failures, t->now_ms) && !is_home(a, t))
		bits |= LOCKOUT_ACCOUNT;
	return bits;
}

unsigned lockout_failed(struct lockout *l, const struct lockout_try *t)
{
	unsigned bits = 0;

	release(l, t->now_ms);
	forget_old(l, t->now_ms);
	if (address_failed(l, t))
		bits |= LOCKOUT_ADDRESS;
	if (account_failed(l, t))
		bits |= LOCKOUT_ACCOUNT;
	return bits;
}

void lockout_passed(struct lockout *l, const struct lockout_try *t)
{
	struct address *at = find_address(l, t->source);
	struct account *a = find_account(l, t->account);

	if (at && at->account == account_hash(l, t))
		at->failures.count = 0;
	if (!a)
		return;
	if (!is_home(a, t)) // what strangers got wrong is not forgiven by the good phone
		a->failures.count = 0;
	a->home = *t->source;
}
