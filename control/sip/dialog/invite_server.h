// Calls to us: INVITE outside a dialog, up to the ACK of our 200.
#pragma once

#include "control/base/re.h"
#include "control/sip/dialog/leg.h"
#include "control/sip/transport/stack.h"

void invite_request(struct stack_end *end, const struct sip_msg *msg);
// What is refused of a known peer before anybody is asked for a password: it was answered.
bool invite_refused(struct stack_end *end, const struct sip_msg *msg);
// The ACK to our first 200 came: the leg is up, or over when its SDP is of no use.
void invite_acked(struct ua_leg *leg, const struct sip_msg *ack);
// Our owner ends a leg that it has not answered, or whose 200 was not acknowledged.
void invite_refuse(struct ua_leg *leg, uint16_t status, const char *reason);
