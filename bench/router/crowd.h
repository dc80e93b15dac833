// A floor for router_bench: a router with its agents, queues and callers, and what happens there.
// Agents with 6 of 64 skills, each in 4 queues on average, a quarter of them from the first ring
// on; callers with priorities, up to two skills with levels and three rings, queues of four
// urgencies.
//
// Time goes on with the events, 4,000 a second: of 50,000 callers each waits for some 40 s, and
// rings, at 20, 40 and 60 s, widen for most of them; where fewer wait, rings come earlier by as
// much. Owned by its maker, one thread; every message must be taken, or the program ends.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/router/bag.h"
#include "control/router/router.h"

#define CROWD_AGENTS 10000u
#define CROWD_RINGS  16384u // a power of two beyond them
#define CROWD_RENEWS 65536u
#define CROWD_TIMES  20000u // decisions of one run

struct crowd_size {
	uint32_t agents, queues, callers;
};

struct crowd_ring {
	uint64_t call;
	uint32_t agent;
};

struct crowd_renew { // of a conversation's lease
	uint64_t offer, due_us;
	uint32_t agent;
};

struct crowd {
	struct router *router;
	struct rng rng;
	struct crowd_size size;
	uint64_t ticket, call;
	uint64_t now_us, ran_ms;
	uint64_t events, ns;	       // messages and timers, what the router took for them
	uint64_t offers[CROWD_AGENTS]; // of each agent
	struct bag waits, talks, away; // callers; agents, twice
	bool is_away[CROWD_AGENTS];
	struct crowd_ring rings[CROWD_RINGS];	 // phones that ring, the first one first
	struct crowd_renew renews[CROWD_RENEWS]; // the one that is due first, first
	uint32_t talked, renewed;		 // entries put in, taken out
	uint32_t rang, answered;		 // of them all, so far
	bool counts;				 // the decisions at hand are timed
	uint32_t timed;
	uint32_t times[CROWD_TIMES]; // ns each; ring-all: each of its offers
};

struct crowd *crowd_new(const struct crowd_size *size);
void crowd_free(struct crowd *c);
void crowd_policy(struct crowd *c, unsigned policy); // of all queues

// All agents have callers and as many wait as its size says, for a minute. Then: events one after
// the other until CROWD_TIMES decisions were timed, of them 10 in 100 an agent who comes or goes, 5
// a caller who leaves unserved; who was served or left is replaced.
void crowd_fill(struct crowd *c);
void crowd_busy(struct crowd *c);
// Half of the agents are idle; then, until so many decisions were timed, callers who join.
void crowd_empty(struct crowd *c);
void crowd_idle(struct crowd *c);

uint32_t crowd_permille(struct crowd *c, unsigned permille); // ns of the decisions timed last
