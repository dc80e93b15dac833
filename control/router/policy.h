// Queue policies: which of the ready agents is offered the next caller. A policy is what it goes
// by, and one line of the table in policy.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct line;
struct member;
struct ready_entry;

#define POLICY_MOST 64u

struct policy {
	const char *name;	// in the configuration
	const char *help;	// docs/configuration.md
	const char *score_name; // in explanations
	bool score_ms;		// it is a time
	// Where the member stands among the ready ones for as long as it is ready; the lowest comes
	// first, and of equal ones who came first. draw: a new random number, of the router's seed
	// and of how many there were before, so that it can be drawn again.
	uint64_t (*key)(const struct member *m, uint64_t draw);
	// What the policy goes by, for callers of this line.
	uint32_t (*score)(const struct ready_entry *e, const struct line *l, uint64_t now_ms);
	// 0: who stands first of those that match is chosen. Else the highest score, of so many
	// that stand first: what depends on the caller costs a look at each.
	unsigned most; // POLICY_MOST at most
	bool all; // all who are ready are rung, ROUTER_RING_ALL at most; who answers first has it
};

const struct policy *policy_get(uint32_t index); // NULL: no such
int policy_find(const char *name);		 // index or -ENOENT
