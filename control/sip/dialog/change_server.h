// What the far end changes in a dialog: re-INVITE (RFC 3261 14.2) and UPDATE (RFC 3311).
#pragma once

#include "control/sip/dialog/leg.h"

void change_invite(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
void change_update(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
// The ACK to the 200 of a re-INVITE; that of one without an offer brings the answer to ours.
void change_acked(struct ua_leg *leg, const struct sip_msg *ack);
