// TCP connections that others begin: how many, whose, and who goes first when room is short.
//
// Libre accepts all that come, each takes a descriptor, and its listener asks again at once when
// there is none left. Here a stranger is whoever no trunk names and no phone is registered from.
// Strangers share a bounded number, each source address a part of it; the one that has sent no
// message for longest makes room. A connection that turns out to be a known peer's (a phone has
// registered over it) is a stranger's no more. A listener that cannot accept rests for a while.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/sip/ua.h"

struct connections; // of one user agent; those of libre's sockets that are opened for it
struct refusals;
struct timers;

struct connections_handlers {
	bool (*trunk)(const struct addr *source, void *arg); // a trunk's peer
	bool (*phone)(const struct addr *source, void *arg); // registered from exactly here
	// Some phone is registered from this address.
	bool (*house)(const struct addr *source, void *arg);
	void *arg;
};

// What comes over them is refused by rs, which stays until they are freed. 0, -ENOMEM or -ENOSYS.
int connections_new(struct timers *timers, const struct connections_handlers *h,
	struct refusals *rs, struct connections **out);
void connections_free(struct connections *cs); // after the stack is gone; NULL allowed
void connections_limit(struct connections *cs, const struct ua_connection_limits *limits);
void connections_count(const struct connections *cs, struct ua_connections *out);
// A whole message has come: within the reading of a connection that one is alive, and perhaps
// no stranger's any more.
void connections_heard(struct connections *cs);
