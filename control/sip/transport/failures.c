// Failures by who failed: counting, and a table whose locks no stranger can push out.
#include "control/sip/transport/failures.h"

#include <stdlib.h>
#include <string.h>

// --- counting ---

bool failures_locked(const struct failures *f, uint64_t now_ms)
{
	return now_ms < f->locked_until_ms;
}

bool failures_over(const struct failures *f, uint64_t now_ms, unsigned lock_s)
{
	return !failures_locked(f, now_ms) && now_ms - f->first_ms > lock_s * 1000ull;
}

bool failures_count(const struct failures *f, uint64_t now_ms, unsigned lock_s)
{
	return f->count && !failures_over(f, now_ms, lock_s);
}

bool failures_add(struct failures *f, uint64_t now_ms, const struct failures_limit *limit)
{
	if (!failures_count(f, now_ms, limit->lock_s)) {
		f->count = 0;
		f->first_ms = now_ms;
	}
	f->count++;
	if (limit->never || f->count < limit->failures)
		return false;
	f->led = f->count;
	f->count = 0;
	f->locked_ms = now_ms;
	f->locked_until_ms = now_ms + limit->lock_s * 1000ull;
	return true;
}

void failures_end(struct failures *f, unsigned lock_s)
{
	if (f->locked_until_ms > f->locked_ms + lock_s * 1000ull)
		f->locked_until_ms = f->locked_ms + lock_s * 1000ull;
}

// --- the table ---

bool failures_init(struct failures_table *t, unsigned size, uint64_t seed)
{
	dlist_init(&t->loose);
	dlist_init(&t->locked);
	t->size = size;
	t->seed = seed;
	t->entries = calloc(size, sizeof(*t->entries));
	for (unsigned i = 0; t->entries && i < size; i++)
		dlist_push_back(&t->loose, &t->entries[i].link);
	return t->entries && !hash_init(&t->hash, size);
}

void failures_fini(struct failures_table *t)
{
	hash_fini(&t->hash);
	free(t->entries);
}

struct failures_entry *failures_find(const struct failures_table *t, struct failures_key key)
{
	uint64_t hash = hash_bytes(&key, sizeof(key), t->seed);

	for (struct hash_node *n = hash_first(&t->hash, hash); n; n = hash_next(n)) {
		struct failures_entry *e = container_of(n, struct failures_entry, node);
		if (memcmp(&e->key, &key, sizeof(key)) == 0)
			return e;
	}
	return NULL;
}

static void unlock(struct failures_table *t, struct failures_entry *e)
{
	dlist_remove(&e->link);
	dlist_push_front(&t->loose, &e->link);
	t->locked_count--;
}

void failures_release(struct failures_table *t, uint64_t now_ms)
{
	dlist_for_each_safe (it, &t->locked) {
		struct failures_entry *e = container_of(it, struct failures_entry, link);
		if (failures_locked(&e->failures, now_ms))
			return;
		unlock(t, e);
	}
}

void failures_shorten(struct failures_table *t, unsigned lock_s)
{
	dlist_for_each (it, &t->locked)
		failures_end(&container_of(it, struct failures_entry, link)->failures, lock_s);
}

void failures_lift(struct failures_table *t, struct failures_entry *e)
{
	e->failures = (struct failures){0};
	unlock(t, e);
}

struct failures_entry *failures_make(struct failures_table *t, struct failures_key key, bool oldest)
{
	struct failures_entry *e = failures_find(t, key);

	if (e)
		return e;
	if (dlist_empty(&t->loose)) {
		if (!oldest)
			return NULL;
		unlock(t, container_of(t->locked.next, struct failures_entry, link));
	}
	e = container_of(t->loose.next, struct failures_entry, link);
	if (e->used)
		hash_remove(&t->hash, &e->node);
	*e = (struct failures_entry){.used = true, .link = e->link, .key = key};
	hash_insert(&t->hash, &e->node, hash_bytes(&key, sizeof(key), t->seed));
	return e;
}

bool failures_happened(struct failures_table *t, struct failures_entry *e, uint64_t now_ms,
	const struct failures_limit *limit)
{
	bool was = failures_locked(&e->failures, now_ms);
	bool begins = failures_add(&e->failures, now_ms, limit);

	if (was && !begins)
		return false; // a phone's, which the lock does not hold for: it keeps its place
	dlist_remove(&e->link);
	dlist_push_back(begins ? &t->locked : &t->loose, &e->link);
	t->locked_count += begins && !was;
	return begins;
}
