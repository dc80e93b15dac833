// Agrees on session timers and keeps them.
#include "control/sip/dialog/refresh.h"

#include "control/sip/message/lifetime.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "engine/base/str.h"

#define MARGIN_S     32	  // before the end of the interval a session without a sign ends
#define AGAIN_MIN_MS 4000 // between two tries to give one

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

// --- the clock ---

static uint64_t end_ms(const struct refresh *r)
{
	return r->since_ms + (r->interval_s - smaller(MARGIN_S, r->interval_s / 3)) * 1000ull;
}

static void on_due(void *arg);

static void arm(struct ua_leg *leg)
{
	struct refresh *r = &leg->refresh;
	uint64_t now_ms = timers_now_ms(leg->ua->timers);
	uint64_t at_ms = end_ms(r);

	if (r->next_ms && r->next_ms < at_ms)
		at_ms = r->next_ms;
	timer_start(leg->ua->timers, &r->timer, at_ms > now_ms ? at_ms - now_ms : 0, on_due, leg);
}

static void on_due(void *arg)
{
	struct ua_leg *leg = arg;
	struct refresh *r = &leg->refresh;

	if (timers_now_ms(leg->ua->timers) >= end_ms(r)) {
		struct leg_end end = {UA_END_EXPIRED, 0, "session-expired"};
		(void)ua_leg_input(leg, LEG_IN_EXPIRED);
		(void)dialog_bye(&leg->dialog, end.reason);
		leg_end_now(leg, &end);
		return;
	}
	r->next_ms = 0;
	arm(leg);
	leg->ua->sign(leg);
}

void refresh_start(struct ua_leg *leg)
{
	struct refresh *r = &leg->refresh;

	timer_cancel(&r->timer);
	if (r->interval_s == 0 || leg->state != LEG_UP)
		return;
	r->next_ms = r->ours ? r->since_ms + r->interval_s * 500ull : 0;
	arm(leg);
}

static void agree(struct ua_leg *leg, uint32_t interval_s, bool ours)
{
	struct refresh *r = &leg->refresh;

	r->interval_s = interval_s;
	r->ours = ours;
	r->since_ms = timers_now_ms(leg->ua->timers);
	refresh_start(leg);
}

// Once more in the middle of what is left, or when the far end wants it, if that is before the end.
void refresh_refused(struct ua_leg *leg, uint32_t retry_s)
{
	struct refresh *r = &leg->refresh;
	uint64_t now_ms = timers_now_ms(leg->ua->timers), last_ms = end_ms(r);
	uint64_t left_ms = last_ms > now_ms ? last_ms - now_ms : 0;
	uint64_t asked_ms = retry_s * 1000ull;
	uint64_t pause_ms = asked_ms && asked_ms < left_ms ? asked_ms : left_ms / 2;

	if (!r->ours || r->interval_s == 0)
		return;
	r->next_ms = now_ms + (pause_ms > AGAIN_MIN_MS ? pause_ms : AGAIN_MIN_MS);
	arm(leg);
}

// --- what is said ---

static void note_methods(struct refresh *r, const struct lifetime *said)
{
	if (said->allow)
		r->update = said->takes_update;
}

const char *refresh_supported(const struct ua_leg *leg)
{
	return leg->ua->config->sip.session_expires_s ? "Supported: timer\r\n" : "Supported:\r\n";
}

bool refresh_is_too_short(struct stack_end *end, const struct sip_msg *msg)
{
	const struct config_sip *sip = &end->ua->config->sip;
	struct lifetime said;
	char headers[32];

	lifetime_read(&said, msg);
	if (!sip->session_expires_s || !said.supported || !said.expires_s ||
		said.expires_s >= sip->min_se_s)
		return false;
	(void)str_format(headers, sizeof(headers), "Min-SE: %u\r\n", sip->min_se_s);
	reply_kept(end, msg, 422, "Session Interval Too Small", headers);
	return true;
}

// Not above what was asked for, nor below what either side allows; one that knows of no timers but
// for a proxy that asks for it is looked after by us (RFC 4028 9).
void refresh_accept(struct ua_leg *leg, const struct sip_msg *msg, char out[REFRESH_HEADERS_MAX])
{
	const struct config_sip *sip = &leg->ua->config->sip;
	struct lifetime said;
	uint32_t s = sip->session_expires_s;

	lifetime_read(&said, msg);
	note_methods(&leg->refresh, &said);
	if (!s || (!said.supported && !said.expires_s)) {
		agree(leg, 0, false);
		(void)str_copy(out, REFRESH_HEADERS_MAX, refresh_supported(leg));
		return;
	}
	if (said.expires_s)
		s = smaller(s, said.expires_s);
	s = larger(s, larger(sip->min_se_s, said.min_s));
	bool ours = !said.supported || said.refresher == LIFETIME_UAS;
	agree(leg, s, ours);
	(void)str_format(out, REFRESH_HEADERS_MAX, "%s%sSession-Expires: %u;refresher=%s\r\n",
		refresh_supported(leg), ours ? "" : "Require: timer\r\n", s, ours ? "uas" : "uac");
}

void refresh_offer(const struct ua_leg *leg, char out[REFRESH_HEADERS_MAX])
{
	const struct config_sip *sip = &leg->ua->config->sip;
	const struct refresh *r = &leg->refresh;
	uint32_t min_s = larger(sip->min_se_s, r->floor_s);
	uint32_t s = larger(r->interval_s ? r->interval_s : sip->session_expires_s, min_s);
	const char *who = !r->interval_s ? "" : r->ours ? ";refresher=uac" : ";refresher=uas";

	*out = '\0';
	if (sip->session_expires_s || r->interval_s)
		(void)str_format(out, REFRESH_HEADERS_MAX,
			"Supported: timer\r\nSession-Expires: %u%s\r\nMin-SE: %u\r\n", s, who,
			min_s);
}

// A far end that knows of no timers says nothing: one that we look after already we go on with.
void refresh_answered(struct ua_leg *leg, const struct sip_msg *msg)
{
	const struct config_sip *sip = &leg->ua->config->sip;
	const struct refresh *r = &leg->refresh;
	struct lifetime said;

	lifetime_read(&said, msg);
	note_methods(&leg->refresh, &said);
	if (said.expires_s && (sip->session_expires_s || r->interval_s))
		agree(leg, larger(said.expires_s, sip->min_se_s), said.refresher != LIFETIME_UAS);
	else
		agree(leg, r->ours ? r->interval_s : 0, r->ours);
}

bool refresh_raise(struct ua_leg *leg, const struct sip_msg *msg)
{
	struct refresh *r = &leg->refresh;
	struct lifetime said;

	lifetime_read(&said, msg);
	if (!said.min_s || said.min_s >= LIFETIME_MAX_S)
		return false;
	r->floor_s = larger(r->floor_s, said.min_s);
	return true;
}
