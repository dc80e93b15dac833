// Three tables of failures: fixed ones of addresses and of accounts at an address, a growing one
// of accounts.
#include "control/sip/transport/lockout.h"

#include <stdlib.h>
#include <string.h>

#include "control/sip/transport/failures.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "engine/base/utf8.h"

#define BLOCK_BITS  48	// what an IPv6 site is given
#define BLOCK_LOCKS 16	// of its /64s, and it is locked itself
#define PAGE	    512 // entries that lockout_page looks at

struct account {
	struct hash_node node;
	struct dlist link; // the one that failed least recently first
	char name[FAILURES_NAME_MAX];
	struct failures failures;
	struct addr home; // family ADDR_NONE: not known
};

struct lockout {
	struct lockout_limits limits;
	uint64_t seed;
	struct failures_table addresses, pairs;
	struct hash accounts;
	struct dlist all; // accounts
};

struct lockout *lockout_new(unsigned addresses_max)
{
	struct lockout *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	dlist_init(&l->all);
	l->seed = rng_seed_os();
	bool made = failures_init(&l->addresses, addresses_max, l->seed);
	made &= failures_init(&l->pairs, addresses_max, l->seed);
	if (!made || hash_init(&l->accounts, 64)) {
		lockout_free(l);
		return NULL;
	}
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
	hash_fini(&l->accounts);
	failures_fini(&l->addresses);
	failures_fini(&l->pairs);
	free(l);
}

void lockout_limit(struct lockout *l, const struct lockout_limits *limits)
{
	l->limits = *limits;
	failures_shorten(&l->addresses, limits->lock_s);
	failures_shorten(&l->pairs, limits->lock_s);
	dlist_for_each (it, &l->all)
		failures_end(&container_of(it, struct account, link)->failures, limits->lock_s);
}

// --- addresses, and accounts there ---

static struct failures_limit limit_of(const struct lockout *l, unsigned failures)
{
	return (struct failures_limit){failures, l->limits.lock_s, l->limits.failures == 0};
}

static struct failures_key place_key(const struct addr *a, unsigned bits)
{
	struct failures_key k = {.family = a->family, .bits = (uint8_t)bits};

	memcpy(k.ip, a->ip, bits / 8);
	return k;
}

static struct failures_key address_key(const struct addr *a)
{
	return place_key(a, a->family == ADDR_IP6 ? 64 : 32);
}

static struct failures_key pair_key(const struct lockout *l, const struct lockout_try *t)
{
	struct failures_key k = address_key(t->source);

	k.name = hash_str(t->name, l->seed) | 1;
	return k;
}

static bool same_place(const struct addr *a, const struct addr *b)
{
	struct failures_key x = address_key(a), y = address_key(b);

	return memcmp(&x, &y, sizeof(x)) == 0;
}

static bool block_failed(struct lockout *l, const struct lockout_try *t)
{
	struct failures_limit limit = limit_of(l, BLOCK_LOCKS);
	struct failures_entry *e;

	if (t->source->family != ADDR_IP6)
		return false;
	e = failures_make(&l->addresses, place_key(t->source, BLOCK_BITS), false);
	return e && failures_happened(&l->addresses, e, t->now_ms, &limit);
}

static unsigned address_failed(struct lockout *l, const struct lockout_try *t)
{
	struct failures_entry *e =
		failures_make(&l->addresses, address_key(t->source), t->allowance > 0);
	struct failures_limit limit = limit_of(l, l->limits.failures + t->allowance);

	if (!e || !failures_happened(&l->addresses, e, t->now_ms, &limit))
		return 0; // without an entry it counts as locked already
	return LOCKOUT_ADDRESS | (block_failed(l, t) ? LOCKOUT_BLOCK : 0);
}

// The account at its address, and with its first failure there the address. Without room for the
// former each failure is the address's.
static unsigned there_failed(struct lockout *l, const struct lockout_try *t)
{
	struct failures_entry *e = failures_make(&l->pairs, pair_key(l, t), t->allowance > 0);
	bool first = !e || !failures_count(&e->failures, t->now_ms, l->limits.lock_s);
	struct failures_limit limit = limit_of(l, l->limits.failures);
	unsigned bits = 0;

	if (e) {
		utf8_clean(e->name, sizeof(e->name), t->name, strlen(t->name));
		e->failures.nonce = t->nonce;
		if (failures_happened(&l->pairs, e, t->now_ms, &limit))
			bits |= LOCKOUT_THERE;
	}
	if (first)
		bits |= address_failed(l, t);
	return bits;
}

static bool is_block_locked(const struct lockout *l, const struct lockout_try *t)
{
	const struct failures_entry *e;

	if (t->source->family != ADDR_IP6)
		return false;
	e = failures_find(&l->addresses, place_key(t->source, BLOCK_BITS));
	return e && failures_locked(&e->failures, t->now_ms);
}

static bool is_address_locked(const struct lockout *l, const struct lockout_try *t)
{
	const struct failures_entry *e = failures_find(&l->addresses, address_key(t->source));

	if (is_block_locked(l, t) || (e && failures_locked(&e->failures, t->now_ms)))
		return true;
	return !e && dlist_empty(&l->addresses.loose) && !t->allowance;
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
		if (!failures_over(&a->failures, now_ms, l->limits.lock_s))
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
	struct failures_limit limit = limit_of(l, l->limits.failures);
	struct account *a = make_account(l, t->account);

	if (!a)
		return false;
	dlist_remove(&a->link);
	dlist_push_back(&l->all, &a->link);
	return failures_add(&a->failures, t->now_ms, &limit);
}

static bool is_home(const struct account *a, const struct lockout_try *t)
{
	return t->home || (a->home.family != ADDR_NONE && same_place(&a->home, t->source));
}

// --- the doors ---

static bool is_again(
	const struct lockout *l, const struct failures_entry *pair, const struct lockout_try *t)
{
	return pair && failures_count(&pair->failures, t->now_ms, l->limits.lock_s) &&
		pair->failures.nonce == t->nonce;
}

unsigned lockout_holds(struct lockout *l, const struct lockout_try *t)
{
	struct account *a = find_account(l, t->account);
	struct failures_entry *pair = failures_find(&l->pairs, pair_key(l, t));
	unsigned bits = 0;

	failures_release(&l->addresses, t->now_ms);
	failures_release(&l->pairs, t->now_ms);
	if (!t->phone && is_address_locked(l, t))
		bits |= LOCKOUT_ADDRESS;
	if (!t->phone && pair && failures_locked(&pair->failures, t->now_ms))
		bits |= LOCKOUT_THERE;
	if (a && failures_locked(&a->failures, t->now_ms) && !is_home(a, t))
		bits |= LOCKOUT_ACCOUNT;
	if (is_again(l, pair, t))
		bits |= LOCKOUT_AGAIN;
	return bits;
}

unsigned lockout_failed(struct lockout *l, const struct lockout_try *t)
{
	unsigned bits;

	failures_release(&l->addresses, t->now_ms);
	failures_release(&l->pairs, t->now_ms);
	forget_old(l, t->now_ms);
	if (is_again(l, failures_find(&l->pairs, pair_key(l, t)), t))
		return 0;
	bits = there_failed(l, t);
	if (account_failed(l, t))
		bits |= LOCKOUT_ACCOUNT;
	return bits;
}

void lockout_passed(struct lockout *l, const struct lockout_try *t)
{
	struct failures_entry *at = failures_find(&l->addresses, address_key(t->source));
	struct failures_entry *pair = failures_find(&l->pairs, pair_key(l, t));
	struct account *a = find_account(l, t->account);

	if (pair && failures_count(&pair->failures, t->now_ms, l->limits.lock_s)) {
		if (at && at->failures.count && at->failures.first_ms <= pair->failures.first_ms)
			at->failures.count--;
		pair->failures.count = 0;
	}
	if (!a)
		return;
	if (!is_home(a, t)) // what strangers got wrong is not forgiven by the good phone
		a->failures.count = 0;
	a->home = *t->source;
}

// --- for people ---

struct lockout_lock lockout_begun(const struct lockout_try *t, unsigned lock)
{
	bool named = lock == LOCKOUT_ACCOUNT || lock == LOCKOUT_THERE;
	struct lockout_lock out = {.name = named ? t->name : ""};

	if (lock == LOCKOUT_ACCOUNT)
		return out;
	struct failures_key k = address_key(t->source);
	if (lock == LOCKOUT_BLOCK)
		k = place_key(t->source, BLOCK_BITS);
	out.address.family = k.family;
	out.bits = k.bits;
	memcpy(out.address.ip, k.ip, sizeof(k.ip));
	return out;
}

static struct lockout_lock describe(const struct failures_entry *e)
{
	struct lockout_lock lock = {.address.family = e->key.family,
		.bits = e->key.bits,
		.name = e->name,
		.failures = e->failures.led,
		.since_ms = e->failures.locked_ms,
		.until_ms = e->failures.locked_until_ms};

	memcpy(lock.address.ip, e->key.ip, sizeof(e->key.ip));
	return lock;
}

bool lockout_page(
	struct lockout *l, uint32_t *from, uint64_t now_ms, lockout_each_h *each, void *arg)
{
	const struct failures_table *const tables[] = {&l->addresses, &l->pairs};
	uint32_t all = l->addresses.size + l->pairs.size, end = *from + PAGE;

	for (; *from < all && *from < end; ++*from) {
		bool pair = *from >= l->addresses.size;
		const struct failures_entry *e =
			&tables[pair]->entries[*from - (pair ? l->addresses.size : 0)];
		if (!e->used || !failures_locked(&e->failures, now_ms))
			continue;
		struct lockout_lock lock = describe(e);
		each(&lock, arg);
	}
	return *from < all;
}

bool lockout_of_account(
	const struct lockout *l, const char *name, uint64_t now_ms, struct lockout_lock *out)
{
	const struct account *a = find_account(l, name);

	if (!a || !failures_locked(&a->failures, now_ms))
		return false;
	*out = (struct lockout_lock){.name = a->name,
		.failures = a->failures.led,
		.since_ms = a->failures.locked_ms,
		.until_ms = a->failures.locked_until_ms};
	return true;
}

unsigned lockout_count(struct lockout *l, uint64_t now_ms)
{
	unsigned n = 0;

	failures_release(&l->addresses, now_ms);
	failures_release(&l->pairs, now_ms);
	dlist_for_each (it, &l->all)
		n += failures_locked(&container_of(it, struct account, link)->failures, now_ms);
	return n + l->addresses.locked_count + l->pairs.locked_count;
}

// An address within the /48 that is locked gets that one's lock lifted, too.
static bool is_meant(
	const struct failures_entry *e, const struct addr *address, const char *account)
{
	struct addr net = {.family = e->key.family};

	memcpy(net.ip, e->key.ip, sizeof(e->key.ip));
	if (address && !addr_in_prefix(address, &net, e->key.bits))
		return false;
	return !account || (e->key.name && str_equal(e->name, account));
}

static unsigned lift(
	struct failures_table *t, const struct addr *address, const char *account, uint64_t now_ms)
{
	unsigned n = 0;

	failures_release(t, now_ms);
	dlist_for_each_safe (it, &t->locked) {
		struct failures_entry *e = container_of(it, struct failures_entry, link);
		if (!is_meant(e, address, account))
			continue;
		failures_lift(t, e);
		n++;
	}
	return n;
}

unsigned lockout_lift(
	struct lockout *l, const struct addr *address, const char *account, uint64_t now_ms)
{
	unsigned n = lift(&l->addresses, address, account, now_ms) +
		lift(&l->pairs, address, account, now_ms);

	dlist_for_each (it, &l->all) {
		struct account *a = container_of(it, struct account, link);
		bool meant = !address && (!account || str_equal(a->name, account));
		if (!meant || !failures_locked(&a->failures, now_ms))
			continue;
		a->failures = (struct failures){.first_ms = now_ms};
		n++;
	}
	return n;
}
