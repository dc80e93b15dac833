// Which agent's call belongs to which caller: told by the caller's number in the agent's INVITE.
// All of the load's thread; times are those of the monotonic clock in ns.
#pragma once

#include "bench/ringload/load.h"
#include "bench/ringload/message.h"

// An INVITE came to an agent; c->count becomes that of the caller, UINT32_MAX: a stranger's.
void pair_offered(struct load *l, struct call *c, const struct message *m, uint64_t at_ns);
void pair_answered(struct load *l, const struct call *c); // the agent's call c is up
void pair_waits(struct load *l, const struct call *c);	  // the caller's call c is up
// The stream of a caller or an agent ends: did it hear the other one.
void pair_hushed(struct load *l, const struct call *c);
void pair_ended(struct load *l, const struct call *c); // a caller's call is over
// The agent has ended its call: from then on it is free.
void pair_freed(struct load *l, struct agent *a, uint64_t at_ns);

struct pair_report {
	uint64_t alone, twice, one_way; // answered callers: no agent, more than one, not both heard
};

struct pair_report pair_report(const struct load *l);
