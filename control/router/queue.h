// A queue inside the router: who waits, in lines of those that ask for the same, and who is ready
// to take whom of them.
//
// Members and lines meet in bits: each member has one for every line that it matches, the queue one
// for every line in which somebody waits. So the work for an agent that becomes free is that of the
// lines that it matches, and none of it that of callers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/router/agent.h"
#include "control/router/line.h"
#include "control/router/ready.h"
#include "control/router/router.h"
#include "engine/base/hash.h"

// Who is first in a line. Beside each other for all lines of a queue, so that whoever compares them
// goes to no line and to no caller but the one that is served.
struct queue_head {
	uint64_t place;	       // caller_place
	struct caller *caller; // NULL: nobody waits
};

struct queue {
	uint32_t id;
	uint32_t callers; // waiting or offered
	bool reserve_called;
	uint8_t reserve_by, reserve_told; // ROUTER_RESERVE_CALLERS …
	uint32_t waiting_long; // of the callers, those that call the reserve by their wait
	uint32_t ready_count;  // that match the plain line
	uint32_t line_count;   // with the plain one: what is of others costs nothing while it is 1
	bool rings_changed;    // its callers are to go by them
	struct router_queue set;
	uint64_t clock;		 // of draws by weights: where the last one ended
	struct ready ready;	 // members whose agent is READY, in the policy's order
	struct queue_head first; // of the plain line
	struct line plain;	 // of callers that ask for nothing: slot 0
	// Of the other lines, by slot (nothing is at 0); NULL: there was never one.
	struct line **lines; // owned, as the next two
	struct queue_head *heads;
	uint32_t *ready_of;	   // how many of the ready members match
	union member_bits waiting; // bit per line, but the plain one, in which somebody waits
	uint32_t words;		   // of bits: room for 64 lines each
	uint32_t member_count, member_room;
	struct member **members;		// owned
	struct hash wants;			// lines by what they ask for
	struct router_ring rings[ROUTER_RINGS]; // by their number, from 1
};

struct queue *queue_new(uint32_t id); // NULL: no memory
void queue_free(struct queue *q);     // with its members, without its callers
bool queue_full(const struct queue *q);
// The line of those that ask for this, in ascending order of skills. A new one costs a look at each
// member; one in which nobody is any more gives its room up for it. NULL: no memory.
struct line *queue_line(struct queue *q, const struct router_skills *wants, uint8_t ring);

// --- who is first in a line ---
static inline struct queue_head *queue_head(const struct line *l)
{
	return l->slot ? &l->queue->heads[l->slot] : &l->queue->first;
}

void queue_head_went(struct line *l);
void queue_head_came(struct caller *c);

// Mostly behind others: then nothing of the line's is looked at.
static inline void queue_came(struct caller *c)
{
	const struct queue_head *h = queue_head(c->line);
	if (h->caller == NULL || caller_place(c) < h->place)
		queue_head_came(c);
}

static inline void queue_join(struct line *l, struct caller *c)
{
	line_join(l, c);
	l->queue->callers++;
	queue_came(c);
}

static inline void queue_take(struct caller *c) // out of the order, for an offer …
{
	line_take(c);
	if (queue_head(c->line)->caller == c)
		queue_head_went(c->line);
}

void queue_put_back(struct caller *c); // … and back into its place
// To another line of the queue, where it keeps its place. It may be with an agent.
void queue_move(struct caller *c, struct line *to, uint8_t priority);

static inline void queue_leave(struct caller *c)
{
	struct line *l = c->line;
	if (caller_waits(c))
		queue_take(c);
	l->callers--;
	l->queue->callers--;
	l->queue->waiting_long -= c->waits_long;
}

// --- members ---
// NULL: no memory.
struct member *queue_member_add(struct queue *q, struct agent *a, const struct router_member *is);
void queue_member_remove(struct member *m); // is not ready
void queue_rematch(struct member *m);	    // its agent's skills have changed
bool member_matches(const struct member *m, const struct line *l);

static inline bool member_takes(const struct member *m) // any of the queue's callers
{
	return !m->reserve || m->queue->reserve_called;
}

// One more or less of the ready members, in all lines that it matches but the plain one.
void queue_count_ready(const struct member *m, uint32_t by);

void queue_ready(struct member *m, uint64_t key); // its agent is READY; of policy.h
void queue_unready(struct member *m);

// How many of the ready members match.
static inline uint32_t queue_ready_for(const struct line *l)
{
	return l->slot ? l->queue->ready_of[l->slot] : l->queue->ready_count;
}

static inline void ready_prefetch(const struct member *m)
{
	const struct queue *q = m->queue;
	__builtin_prefetch(m->in);
	__builtin_prefetch(q);
	for (uint32_t i = 0; i < q->line_count && i < 128; i += 64 / sizeof(q->ready_of[0]))
		__builtin_prefetch(&q->ready_of[i]);
}

static inline void queue_prefetch(const struct queue *q)
{
	__builtin_prefetch(q);
	__builtin_prefetch((const char *)q + 64);
	__builtin_prefetch(&q->waiting);
}

// Of the first 64 lines.
static inline void queue_prefetch_heads(const struct member *m)
{
	const struct queue *q = m->queue;
	uint64_t bits = member_word(m, q->words, 0) & bits_word(&q->waiting, q->words, 0) & ~1ull;
	for (; q->line_count > 1 && bits != 0; bits &= bits - 1)
		__builtin_prefetch(&q->heads[__builtin_ctzll(bits)]);
}

struct queue_head queue_first_of(const struct member *m, struct queue_head plain);
// … but for those whom the agent has refused, among the first few of each line. Others may stand
// behind *known, which is lowered: one that is behind it, too, need not be the first.
struct caller *queue_first_unrefused(const struct member *m, uint64_t *known);
// Of those that wait in lines which the member matches, the one served first.
static inline struct queue_head queue_first_for(const struct member *m)
{
	const struct queue *q = m->queue;
	struct queue_head none = {UINT64_MAX, NULL};
	struct queue_head plain = q->first.caller && member_matches(m, &q->plain) ? q->first : none;
	return q->line_count > 1 ? queue_first_of(m, plain) : plain;
}
