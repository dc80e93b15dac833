// Failures by who failed: their count, until it is a lock, and a bounded table of them.
//
// Time is an argument, in milliseconds of any clock that never goes back.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"

#define FAILURES_NAME_MAX 64 // of an account, as the configuration has it

struct failures {
	unsigned count, led; // led: that many to the lock
	uint64_t first_ms, locked_ms, locked_until_ms;
	uint64_t nonce; // of the last one
};

struct failures_limit {
	unsigned failures, lock_s; // failures older than lock_s are forgotten
	bool never;
};

bool failures_locked(const struct failures *f, uint64_t now_ms);
bool failures_over(const struct failures *f, uint64_t now_ms, unsigned lock_s);	 // and forgotten
bool failures_count(const struct failures *f, uint64_t now_ms, unsigned lock_s); // some do
// One more. True when a lock begins.
bool failures_add(struct failures *f, uint64_t now_ms, const struct failures_limit *limit);

void failures_end(struct failures *f, unsigned lock_s); // a lock, after as long at the latest

struct failures_key { // compared whole: no bit of it is unset
	uint8_t family, bits, ip[14];
	uint64_t name; // a hash; 0: of an address
};

struct failures_entry {
	struct hash_node node;
	struct dlist link; // in loose, least recently failed first, or in locked
	struct failures_key key;
	bool used;
	char name[FAILURES_NAME_MAX]; // cut off where it is no account's
	struct failures failures;
};

struct failures_table {
	struct hash hash;
	struct dlist loose, locked;
	unsigned locked_count, size;
	uint64_t seed;
	struct failures_entry *entries;
};

bool failures_init(struct failures_table *t, unsigned size, uint64_t seed); // false: no memory
void failures_fini(struct failures_table *t);				    // as init left it
struct failures_entry *failures_find(const struct failures_table *t, struct failures_key key);
// The one that failed least recently makes room, one under lock only where `oldest` says so: then
// the oldest lock. NULL: there is no room.
struct failures_entry *failures_make(
	struct failures_table *t, struct failures_key key, bool oldest);
// One more of this entry's. True when a lock begins.
bool failures_happened(struct failures_table *t, struct failures_entry *e, uint64_t now_ms,
	const struct failures_limit *limit);
// Whose lock is over is the first to make room.
void failures_release(struct failures_table *t, uint64_t now_ms);
// No lock is longer from now on: those that stand keep the order in which they end.
void failures_shorten(struct failures_table *t, unsigned lock_s);
void failures_lift(struct failures_table *t, struct failures_entry *e); // one under lock
