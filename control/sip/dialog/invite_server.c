// The server side of INVITE: admission, the offer, provisional and final answers.
#include "control/sip/dialog/invite_server.h"

#include <errno.h>

#include "control/sip/dialog/peer.h"
#include "control/sip/dialog/refresh.h"
#include "control/sip/dialog/rejection.h"
#include "control/sip/message/identity.h"
#include "control/sip/message/party.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/login.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/sdp/body.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

// A proxy gives up on a call without an answer after three minutes, unless it hears from us
// every minute (RFC 3261 13.3.1.1).
#define RING_AGAIN_MS 60000

LOG_TOPIC("sip");

// --- admission ---

static enum rejection_cause overloaded(struct ua *ua)
{
	const struct config_sip *sip = &ua->config->sip;

	if (ua->draining)
		return REJECTION_DRAINING;
	ua->overload_sum += ua->overload_percent;
	if (ua->overload_sum >= 100) {
		ua->overload_sum -= 100;
		ua->counts.overload++;
		return REJECTION_OVERLOAD;
	}
	if (sip->calls_per_s &&
		!rate_take(&ua->calls, sip->calls_per_s, timers_now_ms(ua->timers))) {
		ua->counts.over_rate++;
		return REJECTION_CALLS_RATE;
	}
	return REJECTION_NONE;
}

// A trunk by its address; an agent by its password, also behind a trunk's address when the
// packet comes from where that agent is registered. Whoever else calls is asked for a password,
// whatever the From: who is an agent is told to nobody. With unknown: silent that is done only
// where a phone stands registered, or knows us already.
static bool identify(struct stack_end *end, const struct sip_msg *msg, struct call_origin *out)
{
	struct addr source = addr_of_sa(&msg->src);
	struct ua *ua = end->ua;
	char from[UA_TEXT_MAX];

	text_user(from, sizeof(from), &msg->from.uri.user);
	*out = (struct call_origin){.trunk = trunk_find(ua->trunks, &source)};
	const char *there = registrar_agent_at(ua->registrar, &source);
	if (out->trunk && (!there || !str_equal(there, from)))
		return true;
	out->trunk = NULL;
	if (ua->config->sip.unknown_silent && !registrar_phones_at(ua->registrar, &source) &&
		!login_begun(ua, msg)) {
		login_refuse_stranger(end, msg);
		return false;
	}
	reply_to_source(msg);
	out->agent = login_check(end, msg);
	if (!out->agent)
		return false;
	if (str_equal(out->agent->name, from))
		return true;
	rejection_send(end, msg, out, &(struct rejection){REJECTION_NAME, ""});
	return false;
}

static enum rejection_cause unknown_body(const struct sip_msg *msg)
{
	const struct sip_hdr *encoding = sip_msg_hdr(msg, SIP_HDR_CONTENT_ENCODING);

	if (mbuf_get_left(msg->mb) == 0)
		return REJECTION_NONE;
	if (encoding && pl_strcasecmp(&encoding->val, "identity"))
		return REJECTION_ENCODING;
	return msg_ctype_cmp(&msg->ctyp, "application", "sdp") ? REJECTION_NONE : REJECTION_TYPE;
}

static void unsupported(const struct ua *ua, const struct sip_msg *msg, struct rejection *r)
{
	uint16_t status = reply_unsupported_status(ua, msg, r->headers);

	r->cause = status == 416 ? REJECTION_SCHEME
		: status == 406	 ? REJECTION_ACCEPT
		: status == 420	 ? REJECTION_EXTENSION
				 : REJECTION_NONE;
}

// Our own call to an agent whose phone forwards it to one of our numbers.
static enum rejection_cause our_own(struct ua *ua, const struct sip_msg *msg)
{
	if (!sip_msg_xhdr(msg, "X-Ringhall-Call"))
		return REJECTION_NONE;
	ua->counts.loops++;
	return REJECTION_LOOP;
}

static struct rejection admit(struct ua *ua, const struct sip_msg *msg)
{
	struct rejection r = {overloaded(ua), ""};

	if (!r.cause)
		unsupported(ua, msg, &r);
	if (!r.cause)
		r.cause = unknown_body(msg);
	if (!r.cause)
		r.cause = our_own(ua, msg);
	return r;
}

// --- the leg ---

static void set_local_media(struct ua_leg *leg, const struct call_origin *from)
{
	const struct config_trunk *t = from->trunk ? from->trunk->config : NULL;
	const struct config_engine *engine = &leg->ua->config->engine;
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
	if (media < engine->media_count) {
		leg->sdp.rtp = engine->media[media].address.net;
		leg->sdp.bits = (uint8_t)engine->media[media].address.bits;
	}
	leg->sdp.rtp.port = 9;
}

// What can never be answered is refused before anybody hears of the call.
static bool offer_can_be_met(struct ua_leg *leg, const struct sip_msg *msg, struct rejection *r)
{
	struct sdp_local trial = leg->sdp;
	struct media_params media;
	char out[SDP_TEXT_MAX];
	struct sdp_text offer = sdp_body(msg);

	if (offer.len == 0)
		return true;
	enum sdp_refusal why = sdp_answer(&trial, &offer, &media, out, sizeof(out));
	leg->likely = why == SDP_MEETS ? media.codec : CODEC_NONE;
	if (why == SDP_MEETS)
		return true;
	log_info("offer cannot be met call=%s: %s", leg->dialog.call_id, sdp_refusal_text(why));
	r->cause = why == SDP_MALFORMED ? REJECTION_SDP : REJECTION_OFFER;
	answer_warning(msg, why, r->headers, sizeof(r->headers));
	return false;
}

static void on_cancel(void *arg)
{
	struct ua_leg *leg = arg;
	struct leg_end end = {UA_END_CANCEL, 487, "cancelled by the caller"};

	(void)ua_leg_input(leg, LEG_IN_CANCEL);
	invite_refuse(leg, 487, "Request Terminated");
	leg_end_now(leg, &end);
}

static void describe(
	struct ua_incoming *in, const struct ua_leg *leg, const struct call_origin *from)
{
	const struct sip_msg *msg = leg->invite;

	*in = (struct ua_incoming){.agent = from->agent, .late_offer = sdp_body(msg).len == 0};
	in->trunk = from->trunk ? from->trunk->config : NULL;
	in->source = addr_of_sa(&msg->src);
	in->registered = from->agent &&
		registrar_is_home(leg->ua->registrar, from->agent->name, &in->source);
	in->transport = leg->dialog.flow.transport;
	in->codec = leg->likely;
	text_copy(in->call_id, sizeof(in->call_id), &msg->callid);
	// An agent's word about who calls is not taken, but for its own name (RFC 3325).
	identity_read(msg, in->trunk != NULL, in);
	// To what we are registered as: whom it is for says the To alone.
	if (in->trunk && in->trunk->out.registers && str_equal(in->called, in->trunk->out.user))
		(void)party_number(&msg->to.auri, in->called, sizeof(in->called));
}

static void ring_again(void *arg)
{
	ua_ring(arg);
}

static void unacked(void *arg)
{
	struct ua_leg *leg = arg;
	struct leg_end end = {UA_END_TIMEOUT, 408, "our 200 was never acknowledged"};

	(void)ua_leg_input(leg, LEG_IN_UNACKED);
	(void)dialog_bye(&leg->dialog, "no ACK");
	leg_end_now(leg, &end);
}

static enum rejection_cause begin_dialog(struct ua_leg *leg, struct stack_end *end,
	const struct sip_msg *msg, const struct call_origin *from)
{
	leg->path = from->agent ? DIALOG_SYMMETRIC : DIALOG_CONTACT;
	leg->peer = addr_of_sa(&msg->src);
	if (from->agent)
		(void)str_copy(leg->agent, sizeof(leg->agent), from->agent->name);
	int rc = dialog_from_invite(&leg->dialog, end, msg, leg->path);
	dialog_trust(&leg->dialog, from->trunk);
	return rc == -EBADMSG ? REJECTION_CONTACT : rc ? REJECTION_MEMORY : REJECTION_NONE;
}

// NULL: refused, *r says why.
static struct ua_leg *make_leg(struct stack_end *end, const struct sip_msg *msg,
	const struct call_origin *from, struct rejection *r)
{
	struct ua_leg *leg = ua_leg_new(end->ua, true);

	r->cause = leg ? begin_dialog(leg, end, msg, from) : REJECTION_MEMORY;
	if (r->cause) {
		if (leg)
			leg_free(leg);
		return NULL;
	}
	set_local_media(leg, from);
	nat_heard(&leg->nat, msg);
	leg->answer = (struct answer){.end = end, .lost = unacked, .arg = leg};
	if (offer_can_be_met(leg, msg, r) &&
		sip_strans_alloc(&leg->st, end->sip, msg, on_cancel, leg))
		r->cause = REJECTION_MEMORY;
	if (r->cause) {
		leg_free(leg);
		return NULL;
	}
	leg->invite = mem_ref((void *)msg);
	leg_enter(leg);
	peer_enter(leg);
	return leg;
}

bool invite_refused(struct stack_end *end, const struct sip_msg *msg)
{
	struct rejection r = {REJECTION_NONE, ""};
	struct call_origin from;

	unsupported(end->ua, msg, &r);
	if (!r.cause || !rejection_knows(end->ua, msg, &from))
		return false;
	rejection_send(end, msg, &from, &r);
	return true;
}

void invite_request(struct stack_end *end, const struct sip_msg *msg)
{
	struct ua_incoming in;
	struct call_origin from;
	struct addr source = addr_of_sa(&msg->src);
	struct ua_leg *leg = NULL;

	if (!identify(end, msg, &from) || refresh_is_too_short(end, msg))
		return;
	struct rejection refused = admit(end->ua, msg);
	if (!refused.cause && from.trunk) {
		trunk_seen(from.trunk, &source);
		from.seen = true;
		bool paces = trunk_paces(from.trunk);
		from.begun = paces && trunk_begin(from.trunk);
		refused.cause = from.begun ? REJECTION_NONE
			: paces		   ? REJECTION_TRUNK_FULL
					   : REJECTION_TRUNK_RATE;
	}
	if (!refused.cause)
		leg = make_leg(end, msg, &from, &refused);
	if (!leg) {
		rejection_send(end, msg, &from, &refused);
		return;
	}
	leg->trunk = from.trunk;
	(void)sip_treply(&leg->st, end->sip, msg, 100, "Trying");
	describe(&in, leg, &from);
	const struct ua_handlers *h = &end->ua->handlers;
	if (h->incoming)
		h->incoming(leg, &in, h->arg);
	if (!leg->owned && leg->state != LEG_OVER)
		ua_reject(leg, 500, "Server Internal Error");
}

// --- what the owner does ---

void ua_refuse(struct ua_refused *r)
{
	rejection_answer(r);
}

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
		"Contact: %s\r\n%sContent-Length: 0\r\n\r\n", contact, leg->ua->allow);
	timer_start(leg->ua->timers, &leg->ringing, RING_AGAIN_MS, ring_again, leg);
}

// Not for a caller that cancels before anybody refused it.
static void refused_late(struct ua_leg *leg)
{
	if (leg->trunk && !leg->refused)
		trunk_reject(leg->trunk);
	leg->refused = true;
}

void ua_refusing(struct ua_leg *leg)
{
	check(leg->incoming);
	if (leg->state == LEG_INCOMING)
		refused_late(leg);
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
	if (ua_leg_input(leg, LEG_IN_REJECT) != LEG_DOES)
		return;
	invite_refuse(leg, status, reason);
	refused_late(leg);
	leg_end_later(leg, &end);
}

// The text of our 200: an answer, or our offer when theirs comes late. 0 or why not.
static enum sdp_refusal write_sdp(
	struct ua_leg *leg, struct media_params *media, char out[SDP_TEXT_MAX])
{
	struct sdp_text offer = sdp_body(leg->invite);

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
	char sdp[SDP_TEXT_MAX], contact[ADDR_TEXT_MAX + 32], session[REFRESH_HEADERS_MAX];
	struct answer_text text = {contact, sdp, session};

	if (ua_leg_input(leg, LEG_IN_ACCEPT) != LEG_DOES)
		return -ECANCELED;
	if (!leg->st) { // a provisional answer could not be sent: its transaction is gone
		struct leg_end end = {UA_END_ERROR, 503, "the caller cannot be reached"};
		refused_late(leg);
		leg_end_later(leg, &end);
		return -ECANCELED;
	}
	leg->sdp.rtp = *local;
	enum sdp_refusal why = write_sdp(leg, &leg->media, sdp);
	if (why) {
		struct leg_end end = {UA_END_MEDIA, 488, sdp_refusal_text(why)};
		answer_refusal(leg->answer.end, leg->invite, &leg->st, why);
		leg->st = NULL;
		refused_late(leg);
		leg_end_later(leg, &end);
		return -EPROTO;
	}
	leg->settled = !leg->answer.offer;
	(void)ua_media(leg, media);
	flow_contact(&leg->dialog.flow, contact, sizeof(contact));
	refresh_accept(leg, leg->invite, session);
	leg_said(leg, sdp);
	leg->answer.msg = leg->invite;
	int rc = answer_send(&leg->answer, &leg->st, &text);
	leg->st = NULL;
	if (rc) {
		struct leg_end end = {UA_END_ERROR, 500, "cannot send"};
		refused_late(leg);
		leg_end_later(leg, &end);
		return rc;
	}
	timer_cancel(&leg->ringing);
	ua_leg_become(leg, LEG_ANSWERING);
	return 0;
}

// --- the ACK ---

void invite_acked(struct ua_leg *leg, const struct sip_msg *ack)
{
	struct media_params media = leg->media;
	struct sdp_text text = sdp_body(ack);
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
	ua_leg_become(leg, LEG_UP);
	refresh_start(leg);
	leg_tell_media(leg, UA_ANSWERED, &media);
}
