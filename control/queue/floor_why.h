// What callers and agents wait for, counted in pages: however many there are, a page is some
// hundred looks. Between pages agents and callers come and go, so that counts may be one off.
//
// Control thread only; nothing fails. Times are of timers_now_ms, numbers of agents are floor.h's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/queue/floor.h"

#define FLOOR_WHY_CLASSES 8 // kinds of requests of a queue that are told apart

// The agents of a queue that could take a call, by their state.
struct floor_why_state {
	unsigned agents;
	uint32_t agent;	  // whose state ends first by itself, else one of them; where there is one
	uint64_t ends_ms; // when that ends; 0: not by itself
};

// Callers that ask for the same in the same ring.
struct floor_why_class {
	struct router_skills wants;
	uint8_t ring;
	unsigned callers;
	uint64_t first;	   // call of the one that is served first
	unsigned lacking;  // agents of the queue that do not have what is asked for
	unsigned later;	   // that have it, and take callers of a later ring
	unsigned reserved; // that have it, and are of a reserve that is not called
	struct floor_why_state can[AGENT_STATES]; // the others: all that could take the call
};

struct floor_why { // zeroed but for queue and, of one caller, its class
	uint32_t queue;
	unsigned classes;
	struct floor_why_class class[FLOOR_WHY_CLASSES];
	unsigned others; // callers that ask for something else yet
	unsigned agents; // of the queue
	bool counted;	 // the callers are: now the agents
	struct floor_place at;
};
// True: there is more.
bool floor_why_page(struct floor *f, struct floor_why *w);

// Why an agent who is ready is offered nobody: callers of one of its queues.
struct floor_why_agent { // zeroed but for agent and index
	uint32_t agent;
	unsigned index; // of its queues, from 0
	struct floor_place at;
	const char *queue, *tenant; // set by the first page
	unsigned waiting;	    // callers there
	unsigned lacks, later;	    // of them: ask for what it lacks; have not come to its ring
	unsigned fits;		    // could be offered to it
	uint8_t ring;		    // that the agent comes in
	bool held;		    // it is of the reserve, which is not called
	unsigned from;		    // … before so many wait
	bool done;		    // of that queue all is counted
};
// False: it has no queue with this index. Else again until `done`.
bool floor_why_agent_page(struct floor *f, struct floor_why_agent *w);

// Of a caller that waits.
struct floor_why_wait {
	uint64_t joined_ms;
	uint64_t next_ring_ms; // when it comes to the next ring; 0: there is none
	unsigned waiting;      // in the queue
	unsigned refusals;
	uint32_t refused_by[FLOOR_REFUSED_MAX];
};
// Its queue and class as floor_why begins with, too. False: it waits in no queue.
bool floor_why_wait(const struct floor_wait *w, struct floor_why_wait *out, struct floor_why *of);
