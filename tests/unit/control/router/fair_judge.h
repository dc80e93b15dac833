// What random days of callers and agents must keep to, judged by the router's messages alone.
#pragma once

#include <check.h>
#include <inttypes.h>

#include "control/router/router.h"
#include "engine/base/rng.h"

#define AGENTS	24u
#define QUEUES	5u
#define SKILLS	70u
#define UNKNOWN 70u // a skill that no agent has
#define CALLS	700u

struct seen_caller {
	enum { NOWHERE, WAITS, OFFERED, TALKS } state;
	uint32_t queue;
	uint64_t order; // of joining
	uint64_t since_ms, due_ms;
	uint32_t preferred, hold_ms; // of its JOIN
	uint32_t refused_by[4];	     // agents, the latest ones
	unsigned refusals;
	uint64_t ticket;
	uint64_t offer;	   // that it talks in
	uint64_t decision; // of the offers that run, …
	unsigned offers;   // … and how many these are
	uint8_t priority;
	struct router_skills wants;
};

struct seen_agent {
	enum agent_state state;
	bool member[QUEUES];
	uint8_t ring[QUEUES];
	bool reserve[QUEUES];
	uint8_t level[SKILLS + 1];
	uint64_t call, offer; // offer 0: none runs
};

struct fair {
	struct router *r;
	struct rng rng;
	uint64_t seed, ticket, call, now_ms, ran_ms, order, offers, widened, of_reserve, of_wait,
		held, beside;
	struct router_queue queues[QUEUES];
	struct router_ring rings[QUEUES][ROUTER_RINGS];
	unsigned callers_of[QUEUES]; // wait or are offered
	struct seen_caller *joins;   // with the message on its way
	struct seen_caller callers[CALLS];
	struct seen_agent agents[AGENTS];
};

extern struct fair fair;

// Not ck_assert, which writes to a pipe each time that it holds.
#define must(what)                                                                            \
	do {                                                                                  \
		if (!(what))                                                                  \
			ck_abort_msg("seed %" PRIu64 " at %" PRIu64 " ms: " #what, fair.seed, \
				fair.now_ms);                                                 \
	} while (0)

// What was told has happened: the caller left, …
void fair_gone(struct seen_caller *c);
// … the offer is over, and who still waits stands where it stood, …
void fair_offer_gone(uint64_t offer);
// … or it was missed, too.
void fair_offer_missed(uint64_t offer);
void fair_judge(const struct router_message *m);
void fair_judge_rest(void); // nothing is on its way
