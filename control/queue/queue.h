// A queue inside the router: who waits, by classes of equal requirements, and who is ready to take
// whom of them.
//
// Members and classes meet in bits: each member has one for every class that it matches, the queue
// one for every class in which somebody waits. So the work for an agent that becomes free is that
// of the classes that it matches, and none of it that of callers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/queue/class.h"
#include "control/queue/router.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"

struct agent;
struct member;

struct queue {
	uint32_t id;
	struct router_queue set;
	struct class **classes;	     // owned; the first asks for nothing
	uint64_t *heads;	     // places of those first in each class, where somebody waits
	uint32_t *ready_of;	     // how many of the ready members match it
	uint64_t *waiting;	     // bit per class: somebody waits in it
	uint32_t class_count, words; // room for 64 classes a word
	struct hash wants;	     // classes but the first, by what they ask for
	uint32_t callers;	     // waiting or offered
	struct dlist members;
	struct dlist ready; // members whose agent is READY, longest idle first
};

struct queue *queue_new(uint32_t id); // NULL: no memory
void queue_free(struct queue *q);     // without its callers and members
bool queue_full(const struct queue *q);
// The class that asks for this, in ascending order of skills. A new one costs a look at each
// member; one in which nobody is any more gives its room up for it. NULL: no memory.
struct class *queue_class(struct queue *q, const struct router_skills *wants, uint8_t ring);
void queue_head_moved(struct class *c); // another one may be first, or none

// --- members ---
int queue_enter(struct member *m);  // 0 or -ENOMEM: it is none
void queue_exit(struct member *m);  // is not ready
void queue_ready(struct member *m); // its agent is READY
void queue_unready(struct member *m);
void queue_rematch(struct member *m); // its agent's skills have changed
bool member_matches(const struct member *m, const struct class *c);
// Of those that wait in classes which the member matches, the one served first; NULL: none.
struct caller *queue_first_for(const struct member *m);
// The ready members that match the class, longest idle first; NULL: no more.
struct member *queue_ready_first(const struct class *c);
struct member *queue_ready_next(const struct class *c, const struct member *m);
