// Callers of one queue that ask for the same: one class, one order of service. Whoever looks for a
// caller looks at the heads of classes, however many wait behind them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/queue/router.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/tree.h"

struct agent;
struct queue;

struct class
{
	struct hash_node node; // by what it asks for, in its queue
	struct queue *queue;
	uint32_t slot; // in queue->classes
	struct router_skills wants;
	uint8_t ring;
	struct dlist waiting[ROUTER_PRIORITIES]; // FIFO each, by order
	uint32_t occupied;			 // bit per priority with somebody in it
	struct tree back; // offered in vain: before all others of their priority
	uint32_t callers; // waiting or offered
};

struct caller {
	struct hash_node node; // by call, in the router
	uint64_t call;
	uint64_t ticket; // of its JOIN
	struct class *class;
	struct dlist link;     // in class->waiting, but while it is offered
	struct tree_node back; // or in class->back, once it was
	bool came_back;
	uint8_t priority;
	uint32_t preferred; // as router_join has it
	uint64_t order;	    // of joining, over all queues: the place that it keeps
	uint64_t since_ms;
	struct agent *agent; // offered to; NULL: waits
};

struct class *class_new(struct queue *q, uint32_t slot); // asks for nothing; NULL: no memory
void class_free(struct class *c);
// Of the two places a lower one is served first.
static inline uint64_t caller_place(const struct caller *c)
{
	return (uint64_t)c->priority << 56 | c->order;
}

struct caller *class_head(const struct class *c); // next to be served, NULL: none waits
void class_join(struct class *c, struct caller *who);
void class_leave(struct caller *who);
void class_take(struct caller *who);	 // out of the order, for an offer …
void class_put_back(struct caller *who); // … and back into its place
