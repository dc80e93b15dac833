// The server side of INVITE: admission, the offer, provisional and final answers.
#include "control/sip/invite_server.h"

#include <errno.h>

#include "control/sip/core.h"
#include "control/sip/identity.h"
#include "control/sip/login.h"
#include "control/sip/peer.h"
#include "control/sip/registrar.h"
#include "control/sip/text.h"
#include "control/sip/trunk.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

// A proxy gives up on a call without an answer after three minutes, unless it hears from us
// every minute (RFC 3261 13.3.1.1).
#define RING_AGAIN_MS 60000

#define DRAIN_RETRY_S	 "120"
#define OVERLOAD_RETRY_S "10"

LOG_TOPIC("sip");

struct caller { // who a new call comes from
	struct trunk *trunk;
	const struct config_agent *agent;
};

// --- admission ---

static bool is_overloaded(struct stack_end *end, const struct sip_msg *msg)
{
	const struct config_sip *sip = &core.config->sip;

	if (core.draining) {
		reply_once(end, msg, 503, "Draining", "Retry-After: " DRAIN_RETRY_S "\r\n");
		return true;
	}
	core.overload_sum += core.overload_percent;
	if (core.overload_sum >= 100) {
		core.overload_sum -= 100;
		core.counts.overload++;
		reply_once(end, msg, 503, "Overload", "Retry-After: " OVERLOAD_RETRY_S "\r\n");
		return true;
	}
	if (sip->calls_per_s && !rate_take(&core.calls, sip->calls_per_s, timers_now_ms())) {
		core.counts.over_rate++;
		reply_once(end, msg, 503, "Overload", "Retry-After: " OVERLOAD_RETRY_S "\r\n");
		return true;
	}
	return false;
}

// A trunk by its address; an agent by its password, also behind a trunk's address when the
// packet comes from where that agent is registered. Whoever else calls is asked for a password,
// whatever the From: who is an agent is told to nobody. With unknown: silent that is done only
// where a phone stands registered, or knows us already.
static bool identify(struct stack_end *end, const struct sip_msg *msg, struct caller *out)
{
	struct addr source = addr_of_sa(&msg->src);
	char from[UA_TEXT_MAX];

	text_user(from, sizeof(from), &msg->from.uri.user);
	*out = (struct caller){.trunk = trunk_find(&source)};
	const char *there = registrar_agent_at(&source);
	if (out->trunk && (!there || !str_equal(there, from)))
		return true;
	out->trunk = NULL;
	if (core.config->sip.unknown_silent && !registrar_phones_at(&source) && !login_begun(msg)) {
		login_refuse_stranger(end, msg);
		return false;
	}
	reply_to_source(msg);
	out->agent = login_check(end, msg);
	if (!out->agent)
		return false;
	if (str_equal(out->agent->name, from))
		return true;
	reply_kept(end, msg, 403, "Not Your Address", NULL);
	return false;
}

static bool has_known_body(struct stack_end *end, const struct sip_msg *msg)
{
	const struct sip_hdr *encoding = sip_msg_hdr(msg, SIP_HDR_CONTENT_ENCODING);

	if (mbuf_get_left(msg->mb) == 0)
		return true;
	if (encoding && pl_strcasecmp(&encoding->val, "identity")) {
		reply_kept(
			end, msg, 415, "Unsupported Media Type", "Accept-Encoding: identity\r\n");
		return false;
	}
	if (msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		return true;
	reply_kept(end, msg, 415, "Unsupported Media Type", "Accept: application/sdp\r\n");
	return false;
}

// --- the leg ---

static void set_local_media(struct ua_leg *leg, const struct caller *from)
{
	const struct config_trunk *t = from->trunk ? from->trunk->config : NULL;
	const struct config_agent *a = from->agent;
	unsigned count = t ? t->codec_count : a->codec_count;
	unsigned media = t ? t->media : a->media;

	leg->codec_count = count;
	for (unsigned i = 0; i < count; i++)
		leg->codecs[i] = t ? t->codecs[i] : a->codecs[i];
	leg_hold_codecs(leg); // none yet: those that some worker has room for
	leg->sdp.ptime_ms = t ? t->ptime_ms : a->ptime_ms;
	leg->nat.anywhere = t ? t->media_anywhere : a->media_anywhere;
	// The port does not count until the owner says where our RTP is.
	if (media < core.config->engine.media_count) {
		leg->sdp.rtp = core.config->engine.media[media].address.net;
		leg->sdp.bits = (uint8_t)core.config->engine.media[media].address.bits;
	}
	leg->sdp.rtp.port = 9;
}

// What can never be answered is refused before anybody hears of the call.
static bool offer_can_be_met(struct ua_leg *leg, const struct sip_msg *msg)
{
	struct sdp_local trial = leg->sdp;
	struct media_params media;
	char out[SDP_TEXT_MAX];
	struct sdp_text offer = text_body(msg);

	if (offer.len == 0)
		return true;
	enum sdp_refusal why = sdp_answer(&trial, &offer, &media, out, sizeof(out));
	leg->likely = why == SDP_MEETS ? media.codec : CODEC_NONE;
	if (why == SDP_MEETS)
		return true;
	log_info("offer cannot be met call=%s: %s", leg->dialog.call_id, sdp_refusal_text(why));
	reply_refusal(leg->dialog.flow.end, msg, NULL, why);
	return false;
}

static void on_cancel(void *arg)
{
	struct ua_leg *leg = arg;
	struct leg_end end = {UA_END_CANCEL, 487, "cancelled by the caller"};

	invite_refuse(leg, 487, "Request Terminated");
	leg_end_now(leg, &end);
}

static void describe(struct ua_incoming *in, const struct ua_leg *leg, const struct caller *from)
{
	const struct sip_msg *msg = leg->invite;

	*in = (struct ua_incoming){.agent = from->agent, .late_offer = text_body(msg).len == 0};
	in->trunk = from->trunk ? from->trunk->config : NULL;
	in->source = addr_of_sa(&msg->src);
	in->transport = leg->dialog.flow.transport;
	in->codec = leg->likely;
	text_copy(in->call_id, sizeof(in->call_id), &msg->callid);
	// An agent's word about who calls is not taken, but for its own name (RFC 3325).
	identity_read(msg, in->trunk != NULL, in);
}

static void ring_again(void *arg)
{
	ua_ring(arg);
}

static void unacked(void *arg)
{
	struct ua_leg *leg = arg;
	struct leg_end end = {UA_END_TIMEOUT, 408, "our 200 was never acknowledged"};

	(void)dialog_bye(&leg->dialog, "no ACK");
	leg_end_now(leg, &end);
}

static struct ua_leg *make_leg(
	struct stack_end *end, const struct sip_msg *msg, const struct caller *from)
{
	struct ua_leg *leg = leg_new(true);

	if (!leg) {
		reply_once(end, msg, 500, "Out Of Memory", NULL);
		return NULL;
	}
	leg->path = from->agent ? DIALOG_SYMMETRIC : DIALOG_CONTACT;
	leg->peer = addr_of_sa(&msg->src);
	if (from->agent)
		(void)str_copy(leg->agent, sizeof(leg->agent), from->agent->name);
	int rc = dialog_from_invite(&leg->dialog, end, msg, leg->path);
	if (rc) {
		reply_kept(end, msg, rc == -EBADMSG ? 400 : 500,
			rc == -EBADMSG ? "Bad Contact" : "Out Of Memory", NULL);
		leg_free(leg);
		return NULL;
	}
	set_local_media(leg, from);
	nat_heard(&leg->nat, msg);
	leg->answer = (struct answer){.end = end, .lost = unacked, .arg = leg};
	if (!offer_can_be_met(leg, msg) ||
		sip_strans_alloc(&leg->st, end->sip, msg, on_cancel, leg)) {
		leg_free(leg);
		return NULL;
	}
	leg->invite = mem_ref((void *)msg);
	leg_enter(leg);
	peer_enter(leg);
	return leg;
}

// Our own call to an agent whose phone forwards it to one of our numbers.
static bool is_our_own(struct stack_end *end, const struct sip_msg *msg)
{
	if (!sip_msg_xhdr(msg, "X-Ringhall-Call"))
		return false;
	core.counts.loops++;
	reply_kept(end, msg, 482, "Loop Detected", NULL);
	return true;
}

void invite_request(struct stack_end *end, const struct sip_msg *msg)
{
	struct ua_incoming in;
	struct caller from;
	struct addr source = addr_of_sa(&msg->src);

	if (!identify(end, msg, &from) || is_overloaded(end, msg) || reply_unsupported(end, msg) ||
		!has_known_body(end, msg) || is_our_own(end, msg))
		return;
	if (from.trunk && !trunk_begin(from.trunk, &source)) {
		reply_once(end, msg, 503, "Trunk Full", NULL);
		return;
	}
	struct ua_leg *leg = make_leg(end, msg, &from);
	if (!leg) {
		if (from.trunk) {
			trunk_reject(from.trunk);
			trunk_end(from.trunk);
		}
		return;
	}
	leg->trunk = from.trunk;
	(void)sip_treply(&leg->st, end->sip, msg, 100, "Trying");
	describe(&in, leg, &from);
	if (core.handlers.incoming)
		core.handlers.incoming(leg, &in, core.handlers.arg);
	if (!leg->owned && leg->state != LEG_OVER)
		ua_reject(leg, 500, "Server Internal Error");
}

// --- what the owner does ---

void ua_accept(struct ua_leg *leg, ua_event_h *h, void *arg)
{
	check(leg->incoming && !leg->owned);
	leg->owned = true;
	leg->h = h;
	leg->arg = arg;
}

void ua_voice(struct ua_leg *leg, struct media_voice *voice)
{
	if (leg->state != LEG_OVER)
		leg->voice = voice;
}

void ua_ring(struct ua_leg *leg)
{
	char contact[ADDR_TEXT_MAX + 32];

	if (leg->state != LEG_INCOMING || !leg->st)
		return;
	flow_contact(&leg->dialog.flow, contact, sizeof(contact));
	(void)sip_treplyf(&leg->st, NULL, leg->answer.end->sip, leg->invite, true, 180, "Ringing",
		"Contact: %s\r\n" REPLY_ALLOW "Content-Length: 0\r\n\r\n", contact);
	timer_start(&leg->ringing, RING_AGAIN_MS, ring_again, leg);
}

void invite_refuse(struct ua_leg *leg, uint16_t status, const char *reason)
{
	if (leg->st)
		(void)sip_treply(&leg->st, leg->answer.end->sip, leg->invite, status, reason);
	leg->st = NULL;
}

void ua_reject(struct ua_leg *leg, uint16_t status, const char *reason)
{
	struct leg_end end = {UA_END_LOCAL, status, reason};

	check(leg->incoming);
	if (leg->state != LEG_INCOMING)
		return;
	invite_refuse(leg, status, reason);
	if (leg->trunk)
		trunk_reject(leg->trunk);
	leg_end_later(leg, &end);
}

// The text of our 200: an answer, or our offer when theirs comes late. 0 or why not.
static enum sdp_refusal write_sdp(
	struct ua_leg *leg, struct media_params *media, char out[SDP_TEXT_MAX])
{
	struct sdp_text offer = text_body(leg->invite);

	leg->answer.offer = offer.len == 0;
	leg_hold_codecs(leg);
	if (leg->sdp.codec_count == 0)
		return SDP_NO_CODEC;
	if (leg->answer.offer)
		return sdp_offer(&leg->sdp, out, SDP_TEXT_MAX) ? SDP_TOO_LONG : SDP_MEETS;
	return sdp_answer(&leg->sdp, &offer, media, out, SDP_TEXT_MAX);
}

int ua_answer(struct ua_leg *leg, const struct addr *local, struct media_params *media)
{
	char sdp[SDP_TEXT_MAX], contact[ADDR_TEXT_MAX + 32];
	struct answer_text text = {contact, sdp};

	if (leg->state != LEG_INCOMING)
		return -ECANCELED;
	if (!leg->st) { // a provisional answer could not be sent: its transaction is gone
		struct leg_end end = {UA_END_ERROR, 503, "the caller cannot be reached"};
		leg_end_later(leg, &end);
		return -ECANCELED;
	}
	leg->sdp.rtp = *local;
	enum sdp_refusal why = write_sdp(leg, &leg->media, sdp);
	if (why) {
		struct leg_end end = {UA_END_MEDIA, 488, sdp_refusal_text(why)};
		reply_refusal(leg->answer.end, leg->invite, &leg->st, why);
		leg->st = NULL;
		leg_end_later(leg, &end);
		return -EPROTO;
	}
	leg->settled = !leg->answer.offer;
	(void)ua_media(leg, media);
	flow_contact(&leg->dialog.flow, contact, sizeof(contact));
	leg->answer.msg = leg->invite;
	int rc = answer_send(&leg->answer, &leg->st, &text);
	leg->st = NULL;
	if (rc) {
		struct leg_end end = {UA_END_ERROR, 500, "cannot send"};
		leg_end_later(leg, &end);
		return rc;
	}
	timer_cancel(&leg->ringing);
	leg->state = LEG_ANSWERING;
	return 0;
}

// --- the ACK ---

void invite_acked(struct ua_leg *leg, const struct sip_msg *ack)
{
	struct media_params media = leg->media;
	struct sdp_text text = text_body(ack);
	enum sdp_refusal why = SDP_MEETS;

	leg->invite = mem_deref(leg->invite);
	if (leg->state == LEG_OVER) {
		if (leg->bye_after_ack)
			(void)dialog_bye(&leg->dialog, leg->over.reason);
		leg->bye_after_ack = false;
		return;
	}
	if (leg->answer.offer)
		why = sdp_accept(&leg->sdp, &text, &media);
	if (why) {
		struct leg_end end = {UA_END_MEDIA, 488, sdp_refusal_text(why)};
		(void)dialog_bye(&leg->dialog, end.reason);
		leg_end_now(leg, &end);
		return;
	}
	leg->state = LEG_UP;
	leg_tell_media(leg, UA_ANSWERED, &media);
}
