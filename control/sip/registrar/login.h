// Which agent sends this request? Asked by digest, and counted when the answer is wrong.
#pragma once

#include "control/base/re.h"
#include "control/config/config.h"
#include "control/sip/transport/stack.h"

// The agent whose password came with the request. NULL: the request was answered (401, the same
// for whatever reason; as a stranger's from where no agent may sign in) or dropped, and that is the
// end of it.
const struct config_agent *login_check(struct stack_end *end, const struct sip_msg *msg);
// It comes with a nonce that we gave to its address.
bool login_begun(struct ua *ua, const struct sip_msg *msg);
bool login_may_log(struct ua *ua); // a line about strangers
// A request from someone we do not know: 403 or silence, as configured; always counted.
void login_refuse_stranger(struct stack_end *end, const struct sip_msg *msg);
