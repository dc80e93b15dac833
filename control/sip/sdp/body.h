// A message's body as the text of a session description.
#pragma once

#include "control/base/re.h"
#include "control/sip/sdp/sdp.h"

struct sdp_text sdp_body(const struct sip_msg *msg); // lives as long as the message
