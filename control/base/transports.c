// The table of transports.
#include "control/base/transports.h"

#include <string.h>
#include <strings.h>

#include "engine/base/check.h"

// Libre closes a connection on which nothing came for 900 s; the phone must speak before.
#define CONNECTED_MAX_S 600

static const struct transport transports[UA_TRANSPORTS] = {
	[UA_UDP] = {.name = "udp", .contact = "", .port = 5060},
	[UA_TCP] = {.name = "tcp",
		.contact = ";transport=tcp",
		.port = 5060,
		.connects = true,
		.register_max_s = CONNECTED_MAX_S},
};

const struct transport *transport_of(enum ua_transport t)
{
	check(t < UA_TRANSPORTS);
	return &transports[t];
}

enum ua_transport transport_find(const char *name, size_t len)
{
	enum ua_transport t = UA_UDP;

	while (t < UA_TRANSPORTS &&
		(strlen(transports[t].name) != len || strncasecmp(transports[t].name, name, len)))
		t++;
	return t;
}
