// 3xx from an agent's phone: followed only to targets that its configuration allows; from a trunk:
// only to the trunk's own hosts, for the same number unless the trunk allows another (toll fraud).
#pragma once

#include "control/base/re.h"
#include "control/sip/transport/stack.h"

#define REDIRECT_HOPS_MAX 3

struct redirect {
	struct flow flow;
	char *uri; // malloc'd
};

struct redirect_hop {
	const char *agent;		  // whose phone answers so
	const struct config_trunk *trunk; // NULL: the agent's
	const char *uri;		  // that was asked
	unsigned hops;			  // redirects followed before
};

// The first Contact of the answer that may be followed. 0, -EACCES or -ENOMEM.
int redirect_choose(const struct ua *ua, const struct redirect_hop *from, const struct sip_msg *msg,
	struct redirect *out);
