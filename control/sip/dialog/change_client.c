// What we change in a dialog that stands: a re-INVITE or UPDATE of ours, one at a time. Where both
// sides ask at once each is told 491, and asks again when RFC 3261 14.1 says, so that they miss
// each other: 2.1 to 4 s later where the Call-ID is ours, within 2 s where it is theirs.
#include <errno.h>
#include <stdlib.h>

#include "control/sip/dialog/refresh.h"
#include "control/sip/message/lifetime.h"
#include "control/sip/message/text.h"
#include "control/sip/sdp/body.h"
#include "control/sip/shared.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

LOG_TOPIC("sip");

#define TRIES_MAX 8
#define LONG_MS	  ANSWER_ECHO_MS // an INVITE may ring; ours has nobody to ring for

static void begin_or_give_up(struct ua_leg *leg);

static void on_turn(void *arg)
{
	(void)ua_leg_input(arg, LEG_IN_CHANGE);
	begin_or_give_up(arg);
}

static void wait_for_turn(struct ua_leg *leg)
{
	uint64_t ms = rng_below(&leg->ua->rng, leg->incoming ? 201 : 191) * 10ull;

	timer_start(
		leg->ua->timers, &leg->change.timer, leg->incoming ? ms : 2100 + ms, on_turn, leg);
}

// It came to nothing: what was agreed on before holds.
static void give_up(struct ua_leg *leg, uint16_t status, uint32_t retry_s)
{
	struct ua_event event = {.kind = UA_KEPT, .status = status};
	enum change_why why = leg->change.why;

	if (leg->change.offers)
		media_settle(leg->voice);
	change_drop(&leg->change);
	refresh_refused(leg, retry_s);
	if (why == CHANGE_OFFER)
		leg_tell(leg, &event);
}

// --- the answer ---

static void end(struct ua_leg *leg, enum ua_end why, uint16_t status, const char *reason)
{
	struct leg_end end = {why, status, reason};

	(void)dialog_bye(&leg->dialog, reason);
	leg_end_now(leg, &end);
}

// What comes to us keeps the numbers that we wrote when a text was said again.
static enum sdp_refusal settle(
	struct ua_leg *leg, const struct sip_msg *msg, struct media_params *media)
{
	struct sdp_text text = sdp_body(msg);
	enum sdp_refusal why = sdp_accept(&leg->sdp, &text, media);

	if (!why && leg->change.why == CHANGE_REFRESH && media->codec == leg->media.codec) {
		media->rx_pt = leg->media.rx_pt;
		media->rx_event_pt = leg->media.rx_event_pt;
	}
	return why;
}

static void take_offer(struct ua_leg *leg, const struct sip_msg *msg)
{
	struct media_params media = leg->media;
	struct sdp_local before = leg->sdp;

	if (leg->change.why == CHANGE_OFFER)
		leg->sdp.rtp = leg->change.rtp;
	enum sdp_refusal why = settle(leg, msg, &media);
	if (why && leg->change.why == CHANGE_OFFER) {
		leg->sdp = before;
		end(leg, UA_END_MEDIA, 488, sdp_refusal_text(why));
		return;
	}
	if (why) // a refresh changes nothing, whatever it is answered
		log_info("answer to a refresh is of no use call=%s: %s", leg->dialog.call_id,
			sdp_refusal_text(why));
	free(leg->offer);
	leg->offer = leg->change.text;
	leg->change.text = NULL;
	bool news = !why && !media_params_equal(&media, &leg->media);
	bool told = news || leg->change.why == CHANGE_OFFER;
	change_drop(&leg->change);
	if (told)
		leg_tell_media(leg, UA_MEDIA, &media);
	else
		media_settle(leg->voice);
}

static void on_done(struct ua_leg *leg, const struct sip_msg *msg)
{
	leg->peer = addr_of_sa(&msg->src);
	refresh_answered(leg, msg);
	if (!leg->change.offers) {
		change_drop(&leg->change);
		return;
	}
	nat_heard(&leg->nat, msg);
	take_offer(leg, msg);
}

static void on_refused(struct ua_leg *leg, const struct sip_msg *msg)
{
	struct change *c = &leg->change;
	struct lifetime said;

	lifetime_read(&said, msg);
	bool again = msg->scode == 422 && refresh_raise(leg, msg);
	if (!c->offers && (msg->scode == 405 || msg->scode == 501 || msg->scode == 488)) {
		leg->refresh.update = false; // whatever its Allow said
		again = true;
	}
	if (again && c->tries < TRIES_MAX)
		begin_or_give_up(leg);
	else
		give_up(leg, msg->scode, said.retry_s);
}

static void on_end(enum ask_end how, const struct sip_msg *msg, void *arg)
{
	struct ua_leg *leg = arg;
	struct change *c = &leg->change;
	bool refresh = c->why == CHANGE_REFRESH;

	if (ua_leg_input(leg, LEG_IN_CHANGED) != LEG_DOES)
		return;
	timer_cancel(&c->timer);
	if (how == ASK_DONE)
		on_done(leg, msg);
	else if (how == ASK_REFUSED)
		on_refused(leg, msg);
	else if (how == ASK_PENDING && c->tries < TRIES_MAX)
		wait_for_turn(leg);
	else if (how == ASK_PENDING)
		give_up(leg, 491, 0);
	else if (refresh)
		end(leg, UA_END_EXPIRED, 0, "session-expired");
	else
		end(leg, UA_END_TIMEOUT, 0,
			how == ASK_GONE ? "does not know of the call" : "no answer to our INVITE");
}

// --- asking ---

static void on_long(void *arg)
{
	struct ua_leg *leg = arg;

	if (ua_leg_input(leg, LEG_IN_CHANGED) == LEG_DOES)
		give_up(leg, 408, 0);
}

// A refresh says again what was said last, so that nobody takes it for news; an offer says all that
// we can.
static int write_text(struct ua_leg *leg)
{
	struct change *c = &leg->change;
	char sdp[SDP_TEXT_MAX];

	free(c->text);
	leg_hold_codecs(leg);
	if (c->why == CHANGE_REFRESH && leg->offer) {
		c->text = str_clone(leg->offer);
		return c->text ? 0 : -ENOMEM;
	}
	struct sdp_local local = leg->sdp;
	if (c->why == CHANGE_OFFER)
		local.rtp = c->rtp;
	int rc = local.codec_count ? sdp_offer(&local, sdp, sizeof(sdp)) : -ENOBUFS;
	c->text = rc ? NULL : str_clone(sdp);
	leg->sdp.version = local.version; // raised, whatever comes of it
	leg->sdp.text_hash = local.text_hash;
	return rc ? rc : c->text ? 0 : -ENOMEM;
}

static int send_change(struct ua_leg *leg)
{
	struct change *c = &leg->change;
	char session[REFRESH_HEADERS_MAX], headers[512];
	int rc = c->offers ? write_text(leg) : 0;

	if (rc)
		return rc;
	refresh_offer(leg, session);
	(void)str_format(headers, sizeof(headers), "%s%s", leg->ua->allow, session);
	struct ask_what what = {c->offers ? "INVITE" : "UPDATE", headers,
		c->offers ? c->text : NULL, leg->path, on_end, leg};
	return ask_send(&c->ask, &leg->dialog, &what);
}

static int begin(struct ua_leg *leg)
{
	struct change *c = &leg->change;
	int rc;

	c->offers = c->why == CHANGE_OFFER || !leg->refresh.update;
	if (c->offers && leg->answer.waiting) { // theirs is not settled yet
		wait_for_turn(leg);
		return 0;
	}
	c->tries++;
	rc = send_change(leg);
	if (!rc && c->offers)
		timer_start(leg->ua->timers, &c->timer, LONG_MS, on_long, leg);
	return rc;
}

static void begin_or_give_up(struct ua_leg *leg)
{
	if (begin(leg))
		give_up(leg, 503, 0);
}

void change_refresh(struct ua_leg *leg)
{
	if (leg->change.why)
		return;
	(void)ua_leg_input(leg, LEG_IN_CHANGE);
	leg->change.why = CHANGE_REFRESH;
	begin_or_give_up(leg);
}

int ua_reoffer(struct ua_leg *leg, const struct addr *local)
{
	if (ua_leg_input(leg, LEG_IN_CHANGE) != LEG_DOES)
		return -ECANCELED;
	if (leg->change.why)
		return -EAGAIN;
	leg->change.why = CHANGE_OFFER;
	leg->change.rtp = *local;
	int rc = begin(leg);
	if (rc) {
		media_settle(leg->voice);
		change_drop(&leg->change);
	}
	return rc;
}
