// Who calls whom by an INVITE, and whether the caller wants not to be seen.
#pragma once

#include "control/base/re.h"
#include "control/sip/ua.h"

// called, caller, caller_name, privacy, original_called, redirected_by, redirect_reason of an
// incoming call. trusted: it comes from a trunk, whose word about others is taken (RFC 3325).
void identity_read(const struct sip_msg *msg, bool trusted, struct ua_incoming *out);
