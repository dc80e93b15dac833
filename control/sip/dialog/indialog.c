// What the far end asks within a dialog, from BYE to a change of media.
#include "control/sip/dialog/indialog.h"

#include <string.h>
#include <strings.h>

#include "control/sip/dialog/invite_server.h"
#include "control/sip/dialog/leg.h"
#include "control/sip/dialog/peer.h"
#include "control/sip/message/info.h"
#include "control/sip/message/text.h"
#include "control/sip/sdp/body.h"
#include "control/sip/transport/reply.h"

// --- BYE ---

static void on_bye(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
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

static void on_info(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
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

// --- re-INVITE ---

static void reinvite_unacked(void *arg)
{
	struct ua_leg *leg = arg;
	struct leg_end end = {UA_END_TIMEOUT, 408, "our 200 to a re-INVITE was never acknowledged"};

	(void)ua_leg_input(leg, LEG_IN_UNACKED);
	(void)dialog_bye(&leg->dialog, "no ACK");
	leg_end_now(leg, &end);
}

// True when it may not be taken now, and was told so.
static bool is_glare(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	if (leg->state == LEG_INCOMING) { // our first answer is still to come (RFC 3261 14.2)
		reply_kept(end, msg, 500, "Server Internal Error", "Retry-After: 3\r\n");
		return true;
	}
	if (leg->answer.waiting) { // a 200 of ours, perhaps with an offer, is not settled yet
		reply_kept(end, msg, 491, "Request Pending", NULL);
		return true;
	}
	return false;
}

static bool has_other_body(struct stack_end *end, const struct sip_msg *msg)
{
	if (mbuf_get_left(msg->mb) == 0 || msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		return false;
	reply_kept(end, msg, 415, "Unsupported Media Type", "Accept: application/sdp\r\n");
	return true;
}

// Our answer, or our offer where they make none.
static enum sdp_refusal write_sdp(
	struct ua_leg *leg, const struct sdp_text *offer, struct media_params *media, char *out)
{
	enum sdp_refusal why;

	if (!offer->len)
		return sdp_offer(&leg->sdp, out, SDP_TEXT_MAX) ? SDP_TOO_LONG : SDP_MEETS;
	why = sdp_answer(&leg->sdp, offer, media, out, SDP_TEXT_MAX);
	if (why != SDP_NO_AUDIO || !leg->settled)
		return why;
	why = sdp_answer_off(&leg->sdp, offer, out, SDP_TEXT_MAX);
	if (why == SDP_MEETS) {
		*media = leg->media;
		media->direction = 0; // a hold
	}
	return why;
}

static void on_reinvite(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	struct media_params media = leg->media;
	struct sdp_text offer = sdp_body(msg);
	char sdp[SDP_TEXT_MAX], contact[ADDR_TEXT_MAX + 32];
	struct answer_text text = {contact, sdp};

	if (is_glare(leg, end, msg) || has_other_body(end, msg))
		return;
	leg_hold_codecs(leg);
	enum sdp_refusal why = write_sdp(leg, &offer, &media, sdp);
	if (why) { // the session goes on as it was (RFC 3261 14.2)
		media_settle(leg->voice);
		answer_refusal(end, msg, NULL, why);
		return;
	}
	(void)dialog_refresh(&leg->dialog, end, msg, leg->path);
	leg->peer = addr_of_sa(&msg->src);
	nat_heard(&leg->nat, msg);
	flow_contact(&leg->dialog.flow, contact, sizeof(contact));
	leg->answer = (struct answer){.end = end,
		.msg = (struct sip_msg *)(uintptr_t)msg,
		.offer = offer.len == 0,
		.lost = reinvite_unacked,
		.arg = leg};
	int rc = answer_send(&leg->answer, NULL, &text);
	if (!rc && offer.len && !media_params_equal(&media, &leg->media))
		leg_tell_media(leg, UA_MEDIA, &media);
	else if (rc || offer.len)
		media_settle(leg->voice); // else the ACK brings their answer
}

// The ACK to the 200 of a re-INVITE that came without an offer brings the answer.
static void on_reinvite_acked(struct ua_leg *leg, const struct sip_msg *ack)
{
	struct media_params media = leg->media;
	struct sdp_text text = sdp_body(ack);

	if (leg->state == LEG_OVER || !leg->answer.offer)
		return;
	enum sdp_refusal why = sdp_accept(&leg->sdp, &text, &media);
	if (why) {
		struct leg_end end = {UA_END_MEDIA, 488, sdp_refusal_text(why)};
		(void)dialog_bye(&leg->dialog, end.reason);
		leg_end_now(leg, &end);
	} else if (!media_params_equal(&media, &leg->media)) {
		leg_tell_media(leg, UA_MEDIA, &media);
	} else {
		media_settle(leg->voice);
	}
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
		on_reinvite_acked(leg, msg);
}

static bool is_out_of_order(struct ua_leg *leg, const struct sip_msg *msg)
{
	if (msg->cseq.num <= leg->dialog.cseq_remote && leg->dialog.cseq_remote)
		return true;
	leg->dialog.cseq_remote = msg->cseq.num;
	return false;
}

static enum ua_leg_input input_of(const struct sip_msg *msg)
{
	if (pl_strcmp(&msg->met, "BYE") == 0)
		return LEG_IN_BYE;
	if (pl_strcmp(&msg->met, "INVITE") == 0)
		return LEG_IN_REINVITE;
	return pl_strcmp(&msg->met, "INFO") == 0 ? LEG_IN_INFO : LEG_IN_REQUEST;
}

void indialog_request(struct stack_end *end, const struct sip_msg *msg)
{
	struct ua_leg *leg = leg_find(end->ua, &msg->to.tag, &msg->callid);

	if (leg && !dialog_matches(&leg->dialog, msg))
		leg = NULL;
	if (pl_strcmp(&msg->met, "ACK") == 0) {
		if (leg)
			on_ack(leg, msg);
		return;
	}
	if (!leg || ua_leg_input(leg, input_of(msg)) != LEG_DOES) {
		peer_of_none(end, msg);
		return;
	}
	if (!peer_may_ask(leg, end, msg))
		return;
	if (leg->path == DIALOG_SYMMETRIC)
		reply_to_source(msg);
	if (reply_unsupported(end, msg))
		return;
	if (is_out_of_order(leg, msg)) {
		reply_kept(end, msg, 500, "Out Of Order", NULL);
		return;
	}
	if (pl_strcmp(&msg->met, "BYE") == 0)
		on_bye(leg, end, msg);
	else if (pl_strcmp(&msg->met, "INVITE") == 0)
		on_reinvite(leg, end, msg);
	else if (pl_strcmp(&msg->met, "INFO") == 0)
		on_info(leg, end, msg);
	else if (pl_strcmp(&msg->met, "OPTIONS") == 0)
		reply_kept(end, msg, 200, "OK", REPLY_ALLOW "Accept: application/sdp\r\n");
	else
		reply_kept(end, msg, 405, "Method Not Allowed", REPLY_ALLOW);
}
