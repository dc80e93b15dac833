// Answers what the far end changes.
#include "control/sip/dialog/change_server.h"

#include <string.h>

#include "control/sip/dialog/refresh.h"
#include "control/sip/message/text.h"
#include "control/sip/sdp/body.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

#define RETRY_MAX_S 10 // RFC 3261 14.2, RFC 3311 5.2

static void reinvite_unacked(void *arg)
{
	struct ua_leg *leg = arg;
	struct leg_end end = {UA_END_TIMEOUT, 408, "our 200 to a re-INVITE was never acknowledged"};

	(void)ua_leg_input(leg, LEG_IN_UNACKED);
	(void)dialog_bye(&leg->dialog, "no ACK");
	leg_end_now(leg, &end);
}

// True when it may not be taken now, and was told so. What offers nothing crosses no offer.
static bool is_glare(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	bool offers = pl_strcmp(&msg->met, "INVITE") == 0 || sdp_body(msg).len;
	char retry[32];

	if (!offers)
		return false;
	if (leg->state == LEG_INCOMING) { // our first answer is still to come
		(void)str_format(retry, sizeof(retry), "Retry-After: %u\r\n",
			rng_below(&leg->ua->rng, RETRY_MAX_S + 1));
		reply_kept(end, msg, 500, "Server Internal Error", retry);
		return true;
	}
	// A 200 of ours, perhaps with an offer, is not settled yet; or we ask, too.
	if (leg->answer.waiting || (leg->change.ask && leg->change.offers)) {
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

// Their offer, if there is one, is met, or refused: false, and the session goes on as it was
// (RFC 3261 14.2).
static bool meets(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg,
	struct media_params *media, char sdp[SDP_TEXT_MAX])
{
	struct sdp_text offer = sdp_body(msg);

	leg_hold_codecs(leg);
	enum sdp_refusal why = write_sdp(leg, &offer, media, sdp);
	if (!why)
		return true;
	media_settle(leg->voice);
	answer_refusal(end, msg, NULL, why);
	return false;
}

static void take_way(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	(void)dialog_refresh(&leg->dialog, end, msg, leg->path);
	leg->peer = addr_of_sa(&msg->src);
	nat_heard(&leg->nat, msg);
}

static void tell(struct ua_leg *leg, const struct media_params *media)
{
	if (!media_params_equal(media, &leg->media))
		leg_tell_media(leg, UA_MEDIA, media);
	else
		media_settle(leg->voice);
}

void change_invite(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	struct media_params media = leg->media;
	char sdp[SDP_TEXT_MAX], contact[ADDR_TEXT_MAX + 32], session[REFRESH_HEADERS_MAX];
	struct answer_text text = {contact, sdp, session};

	if (is_glare(leg, end, msg) || has_other_body(end, msg) || refresh_is_too_short(end, msg) ||
		!meets(leg, end, msg, &media, sdp))
		return;
	take_way(leg, end, msg);
	flow_contact(&leg->dialog.flow, contact, sizeof(contact));
	refresh_accept(leg, msg, session);
	leg->answer = (struct answer){.end = end,
		.msg = (struct sip_msg *)(uintptr_t)msg,
		.offer = sdp_body(msg).len == 0,
		.lost = reinvite_unacked,
		.arg = leg};
	leg_said(leg, sdp);
	if (answer_send(&leg->answer, NULL, &text))
		media_settle(leg->voice);
	else if (!leg->answer.offer) // else the ACK brings their answer
		tell(leg, &media);
}

// Its 200 is final: what it settles holds at once.
static void accept_update(
	struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg, const char *sdp)
{
	char contact[ADDR_TEXT_MAX + 32], session[REFRESH_HEADERS_MAX];

	take_way(leg, end, msg);
	flow_contact(&leg->dialog.flow, contact, sizeof(contact));
	if (leg->state == LEG_INCOMING) // our answer to the INVITE will tell
		(void)str_copy(session, sizeof(session), refresh_supported(leg));
	else
		refresh_accept(leg, msg, session);
	(void)sip_treplyf(NULL, NULL, end->sip, msg, false, 200, "OK",
		"Contact: %s\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", contact, leg->ua->allow,
		session, *sdp ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
}

void change_update(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	struct media_params media = leg->media;
	char sdp[SDP_TEXT_MAX] = "";
	bool offers = sdp_body(msg).len > 0;

	if (is_glare(leg, end, msg) || has_other_body(end, msg) || refresh_is_too_short(end, msg) ||
		(offers && !meets(leg, end, msg, &media, sdp)))
		return;
	if (offers)
		leg_said(leg, sdp);
	accept_update(leg, end, msg, sdp);
	if (offers)
		tell(leg, &media);
}

// The ACK to the 200 of a re-INVITE that came without an offer brings the answer.
void change_acked(struct ua_leg *leg, const struct sip_msg *ack)
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
	} else {
		tell(leg, &media);
	}
}
