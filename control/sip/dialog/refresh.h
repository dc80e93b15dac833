// The session timer of a leg (RFC 4028): who gives the sign of life, how often, and what happens
// when there is none. It is agreed on with each 2xx to an INVITE or UPDATE, whoever asked.
//
// The sign is given at half of the interval: by UPDATE without a session description where the far
// end takes that, else by an INVITE with the one that we said last. Without a sign the leg ends
// min(32 s, a third) before the interval is over. A refused one leaves it as it is until then.
#pragma once

#include "control/sip/dialog/leg.h"

#define REFRESH_HEADERS_MAX 160

// The far end asks in msg for less than we allow, and can be told so: it was, by 422.
bool refresh_is_too_short(struct stack_end *end, const struct sip_msg *msg);
// Our 2xx to a request: what is agreed on, and the header lines that say so.
void refresh_accept(struct ua_leg *leg, const struct sip_msg *msg, char out[REFRESH_HEADERS_MAX]);
void refresh_offer(const struct ua_leg *leg, char out[REFRESH_HEADERS_MAX]); // lines of our request
void refresh_answered(struct ua_leg *leg, const struct sip_msg *msg);	     // a 2xx to it
// A 422 to it: what is asked from now on. False: it asks for what nobody can want.
bool refresh_raise(struct ua_leg *leg, const struct sip_msg *msg);
void refresh_start(struct ua_leg *leg);			    // the leg is up
void refresh_refused(struct ua_leg *leg, uint32_t retry_s); // 0: not said. It goes on, for now
const char *refresh_supported(const struct ua_leg *leg);    // a header line
