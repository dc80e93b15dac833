// What carries SIP, a row each (RFC 3261 18, 19.1.1): all that one differs in from another, but for
// the sockets (control/sip/transport). Another one, TLS, is another row.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ua_transport { UA_UDP, UA_TCP, UA_TRANSPORTS };

struct transport {
	const char *name;    // as configuration, log and commands say it, and a URI's parameter
	const char *contact; // of a URI that leads to it: none for what is meant without one
	uint16_t port;	     // where none is named
	bool connects;	     // reliable: streams, connections that stay and are used again
	// A registration's longest life in seconds: its connection is the way there. 0: any.
	unsigned register_max_s;
};

const struct transport *transport_of(enum ua_transport t);
// By its name, in any case. UA_TRANSPORTS: none has it.
enum ua_transport transport_find(const char *name, size_t len);
