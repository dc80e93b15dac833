// What only a network can do to a world of sim.h that runs over real SIP.
#pragma once

#include "tests/flow/wire/net.h"

struct sim_caller;

struct wire_setup { // of the next world (sim_begin)
	uint64_t seed;
	struct net_faults faults; // zeroed: a network without any
	bool sessions;		  // scripts may know of session timers
};
void wire_setup(const struct wire_setup *setup);

// Two nodes on one network: the second one's sim_begin finds the network of the first. Time goes
// on in both by turns, and what comes for one is heard in its world.
struct sim;
void wire_enter(struct sim *w); // as sim_enter

// Nothing is heard of it any more, nor is anything sent; in the end its sound is missed.
void wire_phone_vanishes(const char *agent);
void wire_caller_vanishes(struct sim_caller *c);
// A BYE of another tag, or of an old number: neither ends its call.
void wire_caller_haunted(struct sim_caller *c, bool old);
// It knows of no call any more, has another port and registers anew.
void wire_phone_reboots(const char *agent);
// The line to it is cut, or mended; to all callers.
void wire_phone_cut(const char *agent, bool on);
void wire_callers_cut(bool on);

// The node is killed, and starts over this copy of its event log.
void wire_kill(const char *log_folder);

struct wire_counts { // of this process, over all worlds
	uint64_t calls, worlds;
	uint64_t answered, refused, unanswered;		 // callers
	uint64_t offers, busy, silent;			 // phones; ended because no sound came
	uint64_t refreshed, glares;			 // by scripts; asked while they were asked
	uint64_t challenged;				 // by trunks
	uint64_t kills, vanished, reboots, cuts, strays; // strays: asked within calls of none
	struct net_counts net;
	uint64_t trace; // of the last world: all that was sent, and when
	uint64_t hash;	// of all
};
const struct wire_counts *wire_counts(void);
