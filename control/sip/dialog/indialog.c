// Sends what the far end asks within a dialog to who serves it, and serves the short ones.
#include "control/sip/dialog/indialog.h"

#include <string.h>
#include <strings.h>

#include "control/sip/dialog/change_server.h"
#include "control/sip/dialog/invite_server.h"
#include "control/sip/dialog/leg.h"
#include "control/sip/dialog/peer.h"
#include "control/sip/dialog/refresh.h"
#include "control/sip/message/info.h"
#include "control/sip/message/text.h"
#include "control/sip/sdp/body.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "engine/base/str.h"

// --- BYE ---

void indialog_bye(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	bool early = leg->state == LEG_INCOMING;
	struct leg_end why = {early ? UA_END_CANCEL : UA_END_BYE, 0, "far end hung up"};

	reply_kept(end, msg, 200, "OK", NULL);
	invite_refuse(leg, 487, "Request Terminated");
	answer_drop(&leg->answer);
	leg->bye_after_ack = false;
	leg_end_now(leg, &why);
}

// --- INFO ---

void indialog_info(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	struct sdp_text text = sdp_body(msg);
	struct info_digit told;
	bool relay = msg_ctype_cmp(&msg->ctyp, "application", "dtmf-relay");

	if (!relay && !msg_ctype_cmp(&msg->ctyp, "application", "dtmf")) {
		if (text.len)
			reply_kept(end, msg, 415, "Unsupported Media Type",
				"Accept: application/dtmf-relay, application/dtmf\r\n");
		else
			reply_kept(end, msg, 200, "OK", NULL);
		return;
	}
	if (info_read(relay ? INFO_RELAY : INFO_DTMF, text.p, text.len, &told)) {
		reply_kept(end, msg, 400, "No Signal In The Body", NULL);
		return;
	}
	reply_kept(end, msg, 200, "OK", NULL);
	if (!told.digit)
		return;
	struct ua_event event = {
		.kind = UA_DIGIT, .digit = told.digit, .duration_ms = told.duration_ms};
	leg_tell(leg, &event);
}

// --- OPTIONS ---

void indialog_options(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	char headers[256];

	(void)str_format(headers, sizeof(headers), "%s%sAccept: application/sdp\r\n",
		end->ua->allow, refresh_supported(leg));
	reply_kept(end, msg, 200, "OK", headers);
}

// --- dispatch ---

static void on_ack(struct ua_leg *leg, const struct sip_msg *msg)
{
	bool first = leg->invite != NULL;

	if (!peer_may_ack(leg, msg) || !answer_acked(&leg->answer, msg))
		return;
	(void)ua_leg_input(leg, LEG_IN_ACK);
	if (first)
		invite_acked(leg, msg);
	else
		change_acked(leg, msg);
}

static bool is_out_of_order(struct ua_leg *leg, const struct sip_msg *msg)
{
	if (msg->cseq.num <= leg->dialog.cseq_remote && leg->dialog.cseq_remote)
		return true;
	leg->dialog.cseq_remote = msg->cseq.num;
	return false;
}

void indialog_request(
	struct stack_end *end, const struct sip_msg *msg, const struct indialog_way *way)
{
	struct ua_leg *leg = leg_find(end->ua, &msg->to.tag, &msg->callid);

	if (leg && !dialog_matches(&leg->dialog, msg))
		leg = NULL;
	if (pl_strcmp(&msg->met, "ACK") == 0) {
		if (leg)
			on_ack(leg, msg);
		return;
	}
	if (!leg || ua_leg_input(leg, way ? way->input : LEG_IN_REQUEST) != LEG_DOES) {
		peer_of_none(end, msg);
		return;
	}
	if (!peer_may_ask(leg, end, msg))
		return;
	if (leg->path == DIALOG_SYMMETRIC)
		reply_to_source(msg);
	if (reply_unsupported(end, msg))
		return;
	if (is_out_of_order(leg, msg))
		reply_kept(end, msg, 500, "Out Of Order", NULL);
	else if (way && way->serve)
		way->serve(leg, end, msg);
	else
		reply_kept(end, msg, 405, "Method Not Allowed", end->ua->allow);
}

bool indialog_answer_again(struct stack_end *end, const struct sip_msg *msg)
{
	struct ua_leg *leg = leg_find(end->ua, &msg->from.tag, &msg->callid);

	if (!leg || !dialog_matches(&leg->dialog, msg) || !leg->dialog.cseq_acked ||
		msg->cseq.num != leg->dialog.cseq_acked)
		return false;
	end->ua->counts.retransmitted++;
	(void)dialog_ack(&leg->dialog, msg->cseq.num);
	return true;
}
