// Callers of one queue that ask for the same stand in one line, with one order of service. Whoever
// looks for a caller looks at the heads of lines, however many wait behind them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/router/router.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/tree.h"
#include "engine/base/wheel.h"

struct agent;
struct queue;

struct line {
	struct queue *queue;
	uint32_t slot;	   // among the queue's
	uint32_t occupied; // bit per priority with somebody in it
	uint32_t callers;  // waiting or offered
	uint8_t ring;
	struct tree
		back; // who came to where later ones were: offered in vain, or from another line
	struct dlist waiting[ROUTER_PRIORITIES]; // FIFO each, by order
	struct router_skills wants;
	struct hash_node node; // by what it asks for, in its queue
};

#define CALLER_REFUSED_MAX 4

struct caller {
	struct hash_node node; // by call, in the router
	uint64_t call;
	uint64_t ticket; // of its JOIN
	struct line *line;
	struct dlist link; // in line->waiting, but while it is offered
	// Or in line->back, where others that joined later were there before, or held_by->held.
	struct tree_node back;
	bool came_back;
	bool waits_long; // is counted in queue->waiting_long
	uint8_t priority;
	uint32_t preferred; // as router_join has it
	uint64_t order;	    // of when its time is up, over all queues: the place that it keeps
	uint64_t since_ms;
	struct wheel_timer widens; // when its next ring is due, or it calls the reserve
	uint32_t refused_by[CALLER_REFUSED_MAX]; // agents, the latest ones
	uint8_t refusals;
	struct dlist with;     // agents that it is offered to; empty: it waits
	struct agent *held_by; // `back` is in held_by->held: no other one may take it until then
	uint64_t held_until_ms;
};

static inline bool caller_waits(const struct caller *c)
{
	return dlist_empty(&c->with);
}

static inline bool caller_refused_by(const struct caller *c, uint32_t agent)
{
	bool refused = false;
	for (unsigned i = 0; i < c->refusals; i++)
		refused |= c->refused_by[i] == agent;
	return refused;
}

// Of two callers the one with the lower place is served first.
static inline uint64_t caller_place(const struct caller *c)
{
	return (uint64_t)c->priority << 56 | c->order;
}

void line_init(struct line *l, struct queue *q, uint32_t slot); // zeroed; asks for nothing
// queue.h has what the queue is to know of, too.
void line_put_back(struct caller *c); // into the place that it was taken from
// Out of the order, for this agent alone; line_take takes it from there.
void line_hold(struct caller *c, struct agent *a);
// Among the first few; NULL: none of them. Where there are more, *known is lowered to the place of
// the last one that was looked at.
struct caller *line_first_unrefused(const struct line *l, uint32_t agent, uint64_t *known);

// --- of each decision: in the header, as are those of queue.h that call them ---
struct caller *line_head_back(const struct line *l); // of a line with somebody in `back`
void line_take_back(struct caller *c);

static inline bool line_waits(const struct line *l)
{
	return l->occupied != 0 || l->back.root != NULL;
}

// Next to be served, NULL: none waits.
static inline struct caller *line_head(const struct line *l)
{
	if (l->back.root != NULL)
		return line_head_back(l);
	if (l->occupied == 0)
		return NULL;
	return container_of(l->waiting[__builtin_ctz(l->occupied)].next, struct caller, link);
}

static inline bool line_joins_last(const struct line *l, const struct caller *c)
{
	const struct dlist *last = l->waiting[c->priority].prev;
	return !(l->occupied >> c->priority & 1) ||
		container_of(last, const struct caller, link)->order < c->order;
}

// Into the order, in its place.
static inline void line_wait(struct caller *c)
{
	struct line *l = c->line;
	if (!line_joins_last(l, c)) {
		line_put_back(c);
		return;
	}
	dlist_push_back(&l->waiting[c->priority], &c->link);
	l->occupied |= 1u << c->priority;
}

static inline void line_join(struct line *l, struct caller *c)
{
	c->line = l;
	l->callers++;
	line_wait(c);
}

// Out of the order, for an offer or for good.
static inline void line_take(struct caller *c)
{
	struct line *l = c->line;
	if (c->came_back) {
		line_take_back(c);
		return;
	}
	dlist_remove(&c->link);
	if (dlist_empty(&l->waiting[c->priority]))
		l->occupied &= ~(1u << c->priority);
}
