// One user agent: its configuration, owner, counts and legs, and its parts by name alone, so that
// who includes this sees none of them. Each includes the parts that it works with.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/rate.h"
#include "control/config/config.h"
#include "control/sip/ua.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"

struct ua {
	struct timers *timers;
	struct media *media;
	const struct config *config; // NULL: it is not started
	struct ua_handlers handlers;
	struct ua_counts counts;
	// transports
	struct stack *stack;
	struct connections *connections;
	struct refusals *refusals; // of what cannot be read
	struct trace *trace;
	// who is known
	struct trunks *trunks;
	struct registrar *registrar;
	struct enrols *enrols; // ours with carriers
	struct places *places; // from where agents may sign in
	struct auth *auth;
	struct lockout *lockout;
	struct guard *guard;
	struct guard *health; // answers to balancers
	struct rate noise;    // log lines about strangers
	// calls
	struct rejections *rejections;
	struct rate calls; // new ones taken
	bool draining, stopping;
	bool overloaded;			 // as balancers are told
	unsigned overload_percent, overload_sum; // of new calls to be refused, and carried over
	uint64_t seed;				 // of hashes over what strangers choose
	struct rng rng;				 // of pauses that both sides must not choose alike
	char allow[128];			 // "Allow: …\r\n", of the table of methods
	struct hash legs;			 // by local tag
	struct hash invites;			 // legs by their INVITE's branch
	struct hash masked; // legs by Call-ID, whose INFO digits the trace must not keep
	struct dlist all;   // legs
	struct dlist byes;  // of legs, and may outlive them
	void (*sign)(struct ua_leg *leg); // of life: due on a session with a timer
	unsigned alive;			  // legs whose owner was not told that they ended
};
