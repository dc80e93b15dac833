// The configuration of a centre, drawn by seed, and what it says of who may have whom.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_CALLS    300 // of a world, at most, beside those of who calls again
#define PLAN_AGENTS   24
#define PLAN_QUEUES   6
#define PLAN_FLOWS    8
#define PLAN_STEPS    (2 * PLAN_FLOWS)
#define PLAN_SKILLS   3
#define PLAN_TEAM_MAX 3
#define PLAN_RING_MAX 3 // of a queue
#define PLAN_TEXT     18000

struct rng;

// What a world has and does; one that is left out is off. Keep in the order of plan_features.
enum plan_feature {
	PLAN_POLICIES, // every policy, else the longest idle
	PLAN_RING_ALL, // this one, too
	PLAN_ASKS,     // skills and levels
	PLAN_PRIORITY,
	PLAN_PREFER,
	PLAN_SHARED,  // agents in several queues
	PLAN_TIMES,   // short rings, limits of waiting and of size
	PLAN_PAUSES,  // agents go away and come back
	PLAN_PHONES,  // reject, do not answer, redirect, hang up
	PLAN_VANISH,  // phones go, and come back
	PLAN_CALLERS, // hang up and cancel
	PLAN_HOLD,
	PLAN_RELOAD,
	PLAN_KILL,     // the node, and its next start
	PLAN_DISK,     // the event log in tiny segments, read back and cut
	PLAN_RINGS,    // queues widen
	PLAN_WEIGHTS,  // of queues, and when a caller's time is up
	PLAN_MAIL,     // the router's mailbox is full, and a message comes twice
	PLAN_TEAMS,    // agents have one, and a reload moves some
	PLAN_RESERVES, // agents who help out while many wait, or one for long
	PLAN_OWN,      // agents dial out themselves
	PLAN_LAST,     // callers call again, and are their last agent's
	PLAN_FEATURES,
};

extern const char *const plan_features[PLAN_FEATURES];

struct plan {
	unsigned agents, queues, flows;
	unsigned skills; // 0: nobody asks for any
	bool dials;	 // agents may
	struct plan_agent {
		uint8_t level[PLAN_SKILLS]; // 0: has it not
		unsigned weight;
		bool away;     // until set ready
		unsigned team; // 0: of none
	} agent[PLAN_AGENTS];
	struct plan_queue {
		const char *policy;
		bool ring_all;
		uint32_t members; // a bit for each agent
		uint8_t asks[PLAN_SKILLS];
		const char *ring_timeout, *wait_max, *wrap_up, *reject_pause, *short_call;
		unsigned size_max;
		bool music, prompt;
		unsigned weight, serve_within_s;
		unsigned last_s, last_wait_s; // the last agent, and for how long it is waited for
		uint32_t reserve;	      // agents
		unsigned reserve_from, reserve_to, reserve_wait_s;
		unsigned reserve_minute; // of the hour, by the clock for ten; 60: not
		unsigned rings;
		struct plan_ring {
			unsigned after_s, priority;
			int8_t lowers[PLAN_SKILLS]; // -1: not
			uint32_t agents;	    // beside the members: bits
		} ring[PLAN_RING_MAX];		    // ring 1 …
	} queue[PLAN_QUEUES];
	struct plan_step { // two a flow, the second one behind the first
		unsigned queue;
		uint8_t asks[PLAN_SKILLS]; // 0: as the queue
		unsigned priority;
		int prefer; // an agent; -1: none
	} step[PLAN_STEPS];
};

static inline bool plan_has(uint32_t features, enum plan_feature f)
{
	return features >> f & 1;
}

void plan_draw(struct plan *p, struct rng *rng, uint32_t features);
void plan_redraw(struct plan *p, struct rng *rng, uint32_t features); // for a reload
void plan_text(const struct plan *p, char *out, size_t size);

// Where a caller of a step stands, and what it asks for there. What a ring has brought stays, and
// the next ones go by the configuration that is in force when their time comes.
struct plan_place {
	unsigned step, ring, priority;
	uint8_t asks[PLAN_SKILLS];
};

struct plan_place plan_joins(const struct plan *p, unsigned step);
// After so long a wait in all; one that stands further stays there.
struct plan_place plan_widens(
	const struct plan *p, const struct plan_place *from, uint64_t waited_ms);
// Agents, as bits, who could take it by the configuration; beside them, those of the reserve.
uint32_t plan_takes(const struct plan *p, const struct plan_place *at);
uint32_t plan_may_take(const struct plan *p, const struct plan_place *at);
