// Requests within a dialog: BYE, INFO digits, re-INVITE, OPTIONS, ACK.
#pragma once

#include "control/sip/re.h"
#include "control/sip/stack.h"

void indialog_request(struct stack_end *end, const struct sip_msg *msg);
