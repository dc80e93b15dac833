// 3xx from an agent's phone: followed only to targets that its configuration allows (toll fraud).
#pragma once

#include "control/base/re.h"
#include "control/sip/transport/stack.h"

#define REDIRECT_HOPS_MAX 3

struct redirect {
	struct flow flow;
	char *uri; // malloc'd
};

// The first Contact of the answer that may be followed. 0, -EACCES or -ENOMEM.
int redirect_choose(
	const char *agent, unsigned hops, const struct sip_msg *msg, struct redirect *out);
