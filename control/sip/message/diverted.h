// Who was called before, and sent the call on to us: Diversion (RFC 5806) and History-Info
// (RFC 7044), which says more and is preferred where it tells of a diversion (RFC 7544).
#pragma once

#include "control/base/re.h"
#include "control/sip/ua.h"

// original_called, redirected_by, redirect_reason; "history" to privacy where one of them asked
// for it. Values beyond the first 32 are not looked at.
void diverted_read(const struct sip_msg *msg, struct ua_incoming *out);
