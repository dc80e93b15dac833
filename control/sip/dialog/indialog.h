// Requests within dialogs.
#pragma once

#include "control/sip/dialog/leg.h"
#include "control/sip/transport/stack.h"

// How a method is served there. Who asks was judged, the state takes it, its CSeq is the next.
struct indialog_way {
	enum ua_leg_input input; // whose cells say in which state
	// NULL: 405 with what is.
	void (*serve)(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
};
// way NULL: of a method that we do not know.
void indialog_request(
	struct stack_end *end, const struct sip_msg *msg, const struct indialog_way *way);
// A 2xx to an INVITE of ours within a dialog that comes again. False: it is none.
bool indialog_answer_again(struct stack_end *end, const struct sip_msg *msg);

void indialog_bye(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
void indialog_info(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
void indialog_options(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
