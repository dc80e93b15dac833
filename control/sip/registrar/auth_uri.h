// Was a digest made for this request? Its uri names what the phone asked for (RFC 7616 3.4.6).
//
// They need not be equal octet by octet (RFC 3261 22.4): phones leave out the port and parameters,
// and a NAT's helper may have put our address for our name. The scheme, the user and the host must
// be the same, where our address and the realm are the same host.
#pragma once

#include <stdbool.h>

#include "control/base/re.h"

struct auth_place { // that the request came to
	const struct sa *address;
	const char *realm;
};

bool auth_uri_fits(const char *uri, const struct pl *request, const struct auth_place *here);
