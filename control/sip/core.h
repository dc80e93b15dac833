// What all of the user agent shares: configuration, owner, guards, counts, the table of legs.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/config/config.h"
#include "control/base/rate.h"
#include "control/sip/registrar/auth.h"
#include "control/sip/transport/guard.h"
#include "control/sip/transport/lockout.h"
#include "control/sip/registrar/places.h"
#include "control/sip/transport/trace.h"
#include "control/sip/ua.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"

// RFC 3261 17.1.1.1, in milliseconds; 64*T1 is how long a transaction may echo.
#define CORE_T1_MS   500
#define CORE_T2_MS   4000
#define CORE_ECHO_MS (64 * CORE_T1_MS)

struct rejections;

struct core {
	struct timers *timers;
	const struct config *config;
	struct ua_handlers handlers;
	struct ua_counts counts;
	struct guard *guard;
	struct lockout *lockout;
	struct auth *auth;
	struct trace *trace;
	struct rejections *rejections;
	struct places places; // from where agents may sign in
	struct rate calls;    // new ones taken
	struct rate noise;    // log lines about strangers
	struct guard *health; // answers to balancers
	bool draining, stopping;
	bool overloaded;			 // as balancers are told
	unsigned overload_percent, overload_sum; // of new calls to be refused, and carried over
	uint64_t seed;				 // of hashes over what strangers choose
	struct hash legs;			 // by local tag
	struct hash invites;			 // legs by their INVITE's branch
	struct hash masked; // legs by Call-ID, whose INFO digits the trace must not keep
	struct dlist all;   // legs
	unsigned alive;	    // legs whose owner was not told that they ended
};

extern struct core core;

int core_init(const struct ua_env *env); // 0 or -ENOMEM
void core_fini(void);
void core_limit(void); // takes limits over from the configuration
