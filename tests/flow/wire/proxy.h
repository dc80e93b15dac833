// A proxy without state (RFC 3261 16.11) between two nodes: its way for each message is read from
// the message. It stays in the way of dialogs, and tells nobody what nodes say among themselves.
#pragma once

#include "tests/flow/wire/net.h"

struct proxy {
	struct net_port port;
	struct addr to; // of requests without a route
	unsigned requests, answers;
	// Each message as it is sent on.
	void (*seen)(const char *text, const struct addr *to, void *arg);
	void *arg;
};

void proxy_open(struct proxy *p, const struct addr *at, const struct addr *to);
