// An agent inside the router: one state, changed by one table.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/router/router.h"
#include "engine/base/dlist.h"
#include "engine/base/tree.h"
#include "engine/base/wheel.h"

struct caller;
struct machine;
struct queue;
struct ready_block;

union member_bits { // one per line of the queue
	uint64_t word;
	uint64_t *words; // owned, where the queue has more lines than fit
};

#define CACHE_LINE 64

struct member { // an agent serves a queue
	_Alignas(CACHE_LINE) struct agent *agent;
	struct queue *queue;
	struct ready_block *in; // of queue->ready, where it stands while ready; NULL: does not
	uint32_t at;		// its place there
	union member_bits matches;
	uint64_t
		offered; // when the queue last offered it a caller, counted in offers of the router
	uint32_t place;	 // in the queue's list of agents
	uint32_t weight; // of a draw by weights; 0: as 1
	uint8_t ring;	 // takes callers that have come so far
	bool reserve;	 // takes callers while queue->reserve_called
};

static inline uint64_t bits_word(const union member_bits *b, uint32_t words, uint32_t w)
{
	return words == 1 ? b->word : b->words[w];
}

static inline uint64_t member_word(const struct member *m, uint32_t words, uint32_t w)
{
	return bits_word(&m->matches, words, w);
}

static inline uint32_t member_weight(const struct member *m)
{
	return m->weight ? m->weight : 1;
}

struct agent_skill {
	uint16_t skill;
	uint8_t level;
};

#define AGENT_FEW	 4 // queues, mostly
#define AGENT_FEW_SKILLS 13

// What each decision reads, then, in a line of its own, what levels are made from.
struct agent {
	_Alignas(CACHE_LINE) uint32_t id;
	enum agent_state state;
	bool registered;
	bool ready;		       // wants calls
	bool gone;		       // removed from the configuration
	bool holds;		       // somebody waits for it alone
	uint64_t since_ms;	       // of this state
	uint64_t ends_ms;	       // when the timer is due; 0: none runs
	uint64_t busy_ms;	       // until then it has a call of its own; 0: it has none
	uint64_t offer;		       // OFFERED, TALKING; else 0
	uint64_t call;		       // of the offer
	struct caller *caller;	       // OFFERED, TALKING; NULL: the caller has left meanwhile
	struct dlist beside;	       // in caller->with
	uint32_t wrap_up_ms, pause_ms; // of the queue that the offer came from
	struct wheel_timer timer;      // pause, after-call work, or the lease
	struct member **members;       // owned where they are more than FEW
	struct member *few[AGENT_FEW];
	unsigned member_count;
	uint32_t talks;		 // conversations today, …
	uint64_t talked_ms;	 // … and how long they were, but the one that runs
	uint64_t talks_since_ms; // of that one: this day's part
	// So far what each decision reads: as few cache lines as may be.
	_Alignas(CACHE_LINE) struct agent_skill *skills; // owned where more than FEW_SKILLS
	unsigned skill_count;
	uint32_t queue;	  // that the latest offer came from
	struct tree held; // who waits for it alone, by their places
	struct agent_skill few_skills[AGENT_FEW_SKILLS];
	bool restored; // RESTORE came, the registration has not yet
	uint8_t restored_state;
	uint64_t restored_ms, restored_until_ms;
	struct member own[AGENT_FEW]; // members, as many as there is room for; queue NULL: none
};

#define AGENT_HOT offsetof(struct agent, skills)

// It is with its caller no more.
void agent_forget(struct agent *a);

enum agent_event {
	AGENT_EVENT_REGISTERED,
	AGENT_EVENT_UNREGISTERED,
	AGENT_EVENT_SET, // a->ready, a->gone changed
	AGENT_EVENT_OFFER,
	AGENT_EVENT_CONNECT, // again when the caller has given its place up
	AGENT_EVENT_FAULT,   // offer over, and the agent did not take it
	AGENT_EVENT_OVER,    // offer or conversation over
	AGENT_EVENT_TIMER,
	AGENT_EVENT_RESTORED, // goes on with what a restart cut off: a->restored_state
	AGENT_EVENT_BUSY,     // a->busy_ms changed
	AGENT_EVENTS,
};

extern const struct machine agent_machine;

// The state that follows, or AGENT_STATES: no such event in this state (a surprise). Flags that
// the event changes have been set before.
enum agent_state agent_next(const struct agent *a, enum agent_event e);

// What a decision reads of it and of its members.
static inline void agent_prefetch(const struct agent *a)
{
	for (unsigned i = 0; i < AGENT_HOT; i += CACHE_LINE)
		__builtin_prefetch((const char *)a + i);
	for (unsigned i = 0; i < AGENT_FEW; i++)
		__builtin_prefetch(&a->own[i]);
}

// Zeroed, from the beginning of a cache line on; to be freed by free(). NULL: no memory.
void *cache_line_new(size_t size);
struct agent *agent_new(uint32_t id);
void agent_free(struct agent *a); // without its members
// Level 0: has it no more. 0 or -ENOMEM.
int agent_skill_set(struct agent *a, uint16_t skill, uint8_t level);
uint8_t agent_level(const struct agent *a, uint16_t skill); // 0: has it not
bool agent_matches(const struct agent *a, const struct router_skills *wants);
struct member *agent_member(const struct agent *a, const struct queue *q); // NULL: serves it not
