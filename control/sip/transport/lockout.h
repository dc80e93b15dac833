// Who guesses passwords? Wrong ones are counted by the account that they were said for and the
// address that said them (IPv6 by its /64). Too many for one account from one address lock it
// there; for one account from however many addresses, everywhere; and an address is locked by too
// many accounts that it failed for. So a phone whose password is wrong locks itself, in the end,
// and never its office. Too many locked /64s of an IPv6 /48 lock that.
//
// Over one nonce a password is looked at once: what is said over it again is not looked at, and
// does not count, whether it is the same (a phone that repeats itself) or another.
//
// Only who has heard a challenge of ours is counted here, so that forged datagrams reach no table.
// An address under lock makes no room for a stranger's; when all are, one that is not in the table
// counts as locked too, unless phones stand registered from it. Of accounts the caller names only
// those that exist, and where they may sign in: there are as many entries as accounts at most.
// While one is locked, where its phones stand and where it last signed in from goes on being let
// in.
//
// Time is an argument, in milliseconds of any clock that never goes back.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

struct lockout;

struct lockout_limits {
	unsigned failures; // until the lock; 0: never
	unsigned lock_s;   // its length, and failures older than this are forgotten
};

struct lockout_try {
	const struct addr *source;
	const char *name;    // as it was said
	const char *account; // that of this name; NULL: there is none, or it may not sign in there
	uint64_t nonce;	     // a hash of it
	unsigned allowance;  // more accounts that this address may fail for: phones stand there
	bool phone;	     // exactly from where a phone of this account stands registered
	bool home;	     // from such a phone's address, whatever the port
	uint64_t now_ms;
};

enum { // bits
	LOCKOUT_ADDRESS = 1,
	LOCKOUT_ACCOUNT = 2, // but for where its phones stand
	LOCKOUT_THERE = 4,   // this account, from this address
	LOCKOUT_AGAIN = 8,   // no lock: a password was looked at over this nonce
	LOCKOUT_BLOCK = 16,  // lockout_failed alone: the /48, with its address
};

struct lockout *lockout_new(unsigned addresses_max); // NULL: no memory
void lockout_free(struct lockout *l);
// Locks that stand end after the new length at the latest.
void lockout_limit(struct lockout *l, const struct lockout_limits *limits);
// Which of them hold for this one? 0: none, its password may be looked at.
unsigned lockout_holds(struct lockout *l, const struct lockout_try *t);
// A wrong one. Which lock begins by it? 0: none.
unsigned lockout_failed(struct lockout *l, const struct lockout_try *t);
// A right one: forgives what this account got wrong here, and nobody else's failures.
void lockout_passed(struct lockout *l, const struct lockout_try *t);

// --- for people ---
struct lockout_lock {
	struct addr address; // family ADDR_NONE: of an account, from anywhere
	unsigned bits;	     // of the address that are meant
	const char *name;    // ""; of an address, whatever the account
	unsigned failures;   // that led to it; of an address accounts, of a /48 addresses
	uint64_t since_ms, until_ms;
};
// What one lock is of that lockout_failed said begins; the name is the try's.
struct lockout_lock lockout_begun(const struct lockout_try *t, unsigned lock);
typedef void lockout_each_h(const struct lockout_lock *lock, void *arg);

// Locks of addresses, and of accounts at an address: a piece, from *from (at first 0) on. False:
// that was the last.
bool lockout_page(
	struct lockout *l, uint32_t *from, uint64_t now_ms, lockout_each_h *each, void *arg);
bool lockout_of_account(
	const struct lockout *l, const char *name, uint64_t now_ms, struct lockout_lock *out);
unsigned lockout_count(struct lockout *l, uint64_t now_ms); // that stand now
// Ends the locks of this address (NULL: any) and of this account (NULL: any). How many.
unsigned lockout_lift(
	struct lockout *l, const struct addr *address, const char *account, uint64_t now_ms);
