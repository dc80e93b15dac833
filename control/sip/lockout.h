// Who guesses passwords? Wrong ones are counted by the address that said them (IPv6 by its /64)
// and by the account that they were said for; too many lock the one or the other for a time.
//
// Only who has heard a challenge of ours is counted here, so that forged datagrams reach neither
// table. An address under lock makes no room for a stranger's; when all are, one that is not in
// the table counts as locked too, unless phones stand registered from it. Of accounts the caller
// names only those that exist, and where they may sign in: there are as many entries as accounts
// at most. While one is locked, where its phones stand and where it last signed in from goes on
// being let in.
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
	const char *account; // NULL: there is none of that name
	uint64_t guess;	     // a hash: said twice, as a retransmission is, it counts once
	unsigned allowance;  // more failures that this address may make: phones stand behind it
	bool phone;	     // exactly from where a phone of this account stands registered
	bool home;	     // from such a phone's address, whatever the port
	uint64_t now_ms;
};

enum { LOCKOUT_ADDRESS = 1, LOCKOUT_ACCOUNT = 2 }; // bits

struct lockout *lockout_new(unsigned addresses_max); // NULL: no memory
void lockout_free(struct lockout *l);
void lockout_limit(struct lockout *l, const struct lockout_limits *limits);
// Which lock holds for this one? 0: none, its password may be looked at.
unsigned lockout_holds(struct lockout *l, const struct lockout_try *t);
// A wrong one. Which lock begins by it? 0: none.
unsigned lockout_failed(struct lockout *l, const struct lockout_try *t);
// A right one: forgives what this account got wrong here, and nobody else's failures.
void lockout_passed(struct lockout *l, const struct lockout_try *t);
