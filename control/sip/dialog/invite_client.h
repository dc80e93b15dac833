// Calls from us: INVITE to every contact of an agent, until one answers.
#pragma once

#include "control/base/re.h"
#include "control/sip/dialog/leg.h"

// A 2xx to an INVITE that no transaction of libre waits for any more: repeated, a second fork's,
// or late.
void invite_stray_answer(struct stack_end *end, const struct sip_msg *msg);
void invite_cancel(struct ua_leg *leg); // every contact that has not answered
