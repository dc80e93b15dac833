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

struct connections_handlers {
	bool (*trunk)(const struct addr *source); // a trunk's peer
	bool (*phone)(const struct addr *source); // registered from exactly here
	bool (*house)(const struct addr *source); // some phone is registered from this address
};

int connections_init(const struct connections_handlers *h); // 0, -ENOMEM or -ENOSYS
void connections_fini(void);				    // after the stacks are gone
// A whole message has come: within the reading of a connection that one is alive, and perhaps
// no stranger's any more.
void connections_heard(void);
