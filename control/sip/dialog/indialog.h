// Requests within a dialog: BYE, INFO digits, re-INVITE, OPTIONS, ACK.
#pragma once

#include "control/base/re.h"
#include "control/sip/transport/stack.h"

void indialog_request(struct stack_end *end, const struct sip_msg *msg);
