// What strangers may cost: answers per source and second; and who says passwords over invented
// nonces, which locks nobody out, as its address may be forged (lockout.h does).
//
// A bounded table by source address (IPv6 by its /64); the source not heard of for longest makes
// room. Time is an argument, in milliseconds of any clock that never goes back.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

struct guard;

struct guard_limits {
	unsigned answers_per_s; // to one source
	unsigned auth_failures; // until it is locked out; 0: never
	unsigned lockout_s;	// and failures older than this are forgotten
};

struct guard *guard_new(unsigned sources_max); // NULL: no memory
void guard_free(struct guard *g);
void guard_limit(struct guard *g, const struct guard_limits *limits);
// May this stranger be answered? Takes one of its second's answers.
bool guard_answer(struct guard *g, const struct addr *source, uint64_t now_ms);
// True when this failure locks the source out.
bool guard_failed(struct guard *g, const struct addr *source, uint64_t now_ms);
// A challenge goes out. True when the one before it was never answered rightly.
bool guard_challenged(struct guard *g, const struct addr *source);
void guard_passed(struct guard *g, const struct addr *source); // and its failures are forgiven
bool guard_locked(struct guard *g, const struct addr *source, uint64_t now_ms);
