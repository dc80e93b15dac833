// A queue inside the router: who waits, in which order, and who is ready to take them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/queue/router.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/tree.h"

struct agent;
struct member;

struct caller {
	struct hash_node node; // by call, in the router
	uint64_t call;
	uint64_t ticket; // of its JOIN
	struct queue *queue;
	struct dlist link;     // in queue->waiting, but while it is offered
	struct tree_node back; // or in queue->back, once it was
	bool came_back;
	uint8_t priority;
	uint64_t order; // of joining, over all queues: the place that it keeps
	uint64_t since_ms;
	struct agent *agent; // offered to; NULL: waits
};

struct queue {
	uint32_t id;
	struct router_queue set;
	struct dlist waiting[ROUTER_PRIORITIES]; // FIFO each, by order
	uint32_t occupied;			 // bit per priority with somebody in it
	struct tree back;   // offered in vain: they stand before all others of their priority
	uint32_t callers;   // waiting or offered
	struct dlist ready; // members whose agent is READY, longest idle first
	uint32_t ready_count;
};

struct queue *queue_new(uint32_t id);
void queue_free(struct queue *q); // without its callers
bool queue_full(const struct queue *q);
void queue_join(struct queue *q, struct caller *c);
void queue_leave(struct caller *c);
struct caller *queue_head(const struct queue *q); // next to be served, NULL: none waits
void queue_take(struct caller *c);		  // out of the order, for an offer …
void queue_put_back(struct caller *c);		  // … and back into its place
void queue_ready(struct member *m);		  // its agent is READY
void queue_unready(struct member *m);
