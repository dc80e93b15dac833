// The client side of INVITE. The first 200 wins; every other is acknowledged and ended, so that
// no phone is left believing in a call (RFC 3261 13.2.2.4).
#include "control/sip/dialog/invite_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/dialog/invite_head.h"
#include "control/sip/dialog/outside.h"
#include "control/sip/dialog/redirect.h"
#include "control/sip/dialog/refresh.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "control/sip/trunk/credentials.h"

#define INVITE_CSEQ    1 // and one more for each that is sent again, and for each target
#define RING_DEFAULT_S 60

static int send_invite(struct fork *f);
static int try_next(struct ua_leg *leg);

void invite_cancel(struct ua_leg *leg)
{
	// Libre waits for a 1xx before it lets the CANCEL go (RFC 3261 9.1).
	for (unsigned i = 0; i < leg->fork_count; i++)
		if (leg->forks[i].req)
			sip_request_cancel(leg->forks[i].req);
}

static void end_call(struct ua_leg *leg, enum ua_end end, uint16_t status, const char *reason)
{
	struct leg_end e = {end, status, reason};

	invite_cancel(leg);
	leg_end_now(leg, &e);
}

// --- 2xx ---

static uint64_t tag_hash(const struct ua_leg *leg, const struct sip_msg *msg)
{
	return hash_bytes(msg->to.tag.p ? msg->to.tag.p : "", msg->to.tag.l, leg->ua->seed) | 1;
}

static bool was_ended(struct ua_leg *leg, const struct sip_msg *msg)
{
	uint64_t hash = tag_hash(leg, msg);

	for (unsigned i = 0; i < leg->echo_count; i++)
		if (leg->echoes[i] == hash)
			return true;
	if (leg->echo_count < LEG_ECHOES_MAX)
		leg->echoes[leg->echo_count++] = hash;
	return false;
}

// A 200 that nobody wants: ACK, and BYE the first time.
static void end_answer(struct ua_leg *leg, const struct fork *f, const struct sip_msg *msg)
{
	struct dialog_sent sent = {&f->flow, f->uri, f->path, f->trunk, f->credentials};
	struct ua_counts *counts = &leg->ua->counts;
	struct dialog d;

	if (dialog_from_answer(&d, &sent, msg) == 0) {
		(void)dialog_ack(&d, msg->cseq.num);
		if (was_ended(leg, msg)) {
			counts->retransmitted++;
		} else {
			if (leg->state == LEG_OVER)
				counts->late_200++;
			else
				counts->forks_ended++;
			(void)dialog_bye(&d, "answered elsewhere or too late");
		}
	}
	dialog_drop(&d);
}

static void take_answer(struct ua_leg *leg, struct fork *f, const struct sip_msg *msg)
{
	struct dialog_sent sent = {&f->flow, f->uri, f->path, f->trunk, f->credentials};
	struct sdp_text text = early_answer(&leg->early, msg);
	struct media_params media;
	struct dialog d;

	int rc = dialog_from_answer(&d, &sent, msg);
	if (rc) {
		dialog_drop(&d);
		end_call(leg, UA_END_ERROR, 500, "cannot make a dialog of the answer");
		return;
	}
	// The local tag's text is the table's key: the new one is equal.
	dialog_drop(&leg->dialog);
	leg->dialog = d;
	leg->path = f->path;
	leg->peer = addr_of_sa(&msg->src);
	nat_heard(&leg->nat, msg);
	(void)dialog_ack(&leg->dialog, msg->cseq.num);
	if (leg->outside)
		outside_answered(f);
	enum sdp_refusal why = sdp_accept(&leg->sdp, &text, &media);
	if (why) {
		(void)dialog_bye(&leg->dialog, sdp_refusal_text(why));
		(void)was_ended(leg, msg);
		end_call(leg, UA_END_MEDIA, 488, sdp_refusal_text(why));
		return;
	}
	timer_cancel(&leg->timer);
	ua_leg_become(leg, LEG_UP);
	invite_cancel(leg);
	refresh_answered(leg, msg);
	leg_tell_media(leg, UA_ANSWERED, &media);
}

static void on_answer(struct fork *f, const struct sip_msg *msg)
{
	struct ua_leg *leg = f->leg;

	if (ua_leg_input(leg, LEG_IN_ANSWER) == LEG_DOES)
		take_answer(leg, f, msg);
	else
		end_answer(leg, f, msg);
}

// Which contact it comes from cannot be told when several were tried: the Contact of the answer
// says where to go, and the first contact's way is the fallback.
void invite_stray_answer(struct stack_end *end, const struct sip_msg *msg)
{
	struct ua_leg *leg = leg_find(end->ua, &msg->from.tag, &msg->callid);

	if (!leg || leg->incoming || leg->fork_count == 0 || msg->cseq.num > leg->cseq)
		return;
	(void)ua_leg_input(leg, LEG_IN_STRAY);
	if (leg->dialog.remote_tag && dialog_matches(&leg->dialog, msg)) {
		leg->ua->counts.retransmitted++;
		(void)dialog_ack(&leg->dialog, msg->cseq.num);
		return;
	}
	struct fork f = leg->forks[0];
	flow_init(&f.flow, end, msg);
	end_answer(leg, &f, msg);
	flow_drop(&f.flow);
}

// --- other answers ---

static bool any_alive(const struct ua_leg *leg)
{
	for (unsigned i = 0; i < leg->fork_count; i++)
		if (leg->forks[i].status == 0)
			return true;
	return false;
}

// RFC 3261 16.7 step 6 in small: busy and declined tell most, then the lowest code.
static const struct fork *best_refusal(const struct ua_leg *leg)
{
	const struct fork *best = &leg->forks[0];

	for (unsigned i = 1; i < leg->fork_count; i++) {
		const struct fork *f = &leg->forks[i];
		bool strong = f->status >= 600 || f->status == 486;
		bool best_strong = best->status >= 600 || best->status == 486;
		if (strong != best_strong ? strong : f->status < best->status)
			best = f;
	}
	return best;
}

struct refusal {
	uint16_t status;
	struct pl reason;
	const struct sip_msg *msg; // NULL: there was no answer
};

// An end of one that is tried is not the call's, if it can be sent again or another one be tried.
static bool goes_on(struct fork *f, const struct refusal *r)
{
	bool asked = r->status == 401 || r->status == 407;

	if (!f->leg->outside || f->left)
		return f->left;
	if (r->msg && asked)
		return outside_challenged(f, r->msg) == 0 && send_invite(f) == 0;
	return outside_fails_over(f, r->msg) && try_next(f->leg) == 0;
}

static void give_up(struct ua_leg *leg, const struct fork *f, const char *text)
{
	if (f->refused)
		end_call(leg, UA_END_REDIRECTED, f->status, "redirected to a forbidden target");
	else if (f->status == 408)
		end_call(leg, UA_END_TIMEOUT, 408, "no answer to our INVITE");
	else
		end_call(leg, UA_END_REJECTED, f->status, f->why ? f->why : text);
}

static void on_refusal(struct fork *f, const struct refusal *r)
{
	struct ua_leg *leg = f->leg;
	char text[UA_TEXT_MAX];

	f->status = r->status;
	if (ua_leg_input(leg, LEG_IN_REFUSAL) != LEG_DOES || goes_on(f, r))
		return;
	if (r->status < 600 && any_alive(leg))
		return;
	text_line(text, sizeof(text), &r->reason);
	give_up(leg, r->status >= 600 ? f : best_refusal(leg), text);
}

static void on_redirect(struct fork *f, const struct sip_msg *msg)
{
	struct ua_leg *leg = f->leg;
	const struct config_trunk *trunk = leg->outside ? outside_trunk(f) : NULL;
	struct redirect_hop hop = {leg->agent, trunk, f->uri, f->hops};
	struct redirect to;

	if (leg->outside)
		outside_heard(f, msg);
	if (ua_leg_input(leg, LEG_IN_REDIRECT) == LEG_DOES && !f->left) {
		if (redirect_choose(leg->ua, &hop, msg, &to) == 0) {
			flow_drop(&f->flow);
			free(f->uri);
			f->flow = to.flow;
			f->uri = to.uri;
			f->path = DIALOG_CONTACT;
			f->hops++;
			f->cseq++;
			credentials_anew(f->credentials);
			if (send_invite(f) == 0)
				return;
		} else {
			leg->ua->counts.redirects_refused++;
			f->refused = true;
		}
	}
	on_refusal(f, &(struct refusal){msg->scode, msg->reason, msg});
}

// The same again with a longer session timer, as one of the requests that a redirect may cost.
static bool asks_again(struct fork *f, const struct sip_msg *msg)
{
	if (msg->scode != 422 || f->hops >= REDIRECT_HOPS_MAX || f->left ||
		f->leg->state != LEG_CALLING || !refresh_raise(f->leg, msg))
		return false;
	f->hops++;
	f->cseq++;
	credentials_anew(f->credentials);
	return send_invite(f) == 0;
}

static void on_progress(struct fork *f, const struct sip_msg *msg)
{
	bool rings = msg->scode == 180 || msg->scode == 183;
	struct ua_leg *leg = f->leg;

	if (ua_leg_input(leg, LEG_IN_PROGRESS) != LEG_DOES || f->left)
		return;
	if (leg->outside)
		outside_heard(f, msg);
	early_keep(&leg->early, msg);
	if (rings && !leg->ringing_told) {
		leg->ringing_told = true;
		leg_tell_kind(leg, UA_RINGING);
	} else if (!rings && !leg->trying_told && !leg->ringing_told) {
		leg->trying_told = true;
		leg_tell_kind(leg, UA_TRYING);
	}
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	static const struct refusal silence = {408, PL("no answer"), NULL},
				    broken = {503, PL("cannot be reached"), NULL};
	struct fork *f = arg;

	if (f->leg->ua->stopping)
		return;
	if (!msg)
		on_refusal(f, err == ETIMEDOUT ? &silence : &broken);
	else if (msg->scode < 200)
		on_progress(f, msg);
	else if (msg->scode < 300) {
		f->status = msg->scode;
		on_answer(f, msg);
	} else if (msg->scode < 400)
		on_redirect(f, msg);
	else if (!asks_again(f, msg))
		on_refusal(f, &(struct refusal){msg->scode, msg->reason, msg});
}

// --- sending ---

static int send_invite(struct fork *f)
{
	char route_text[ADDR_TEXT_MAX + 32], contact[ADDR_TEXT_MAX + 32];
	char session[REFRESH_HEADERS_MAX];
	struct ua_leg *leg = f->leg;
	struct uri route;
	struct pl pl;

	flow_uri(&f->flow, route_text, sizeof(route_text));
	flow_contact(&f->flow, contact, sizeof(contact));
	refresh_offer(f->leg, session);
	pl_set_str(&pl, route_text);
	if (uri_decode(&route, &pl))
		return -EINVAL;
	f->status = 0;
	if (outside_sign(f))
		return -EINVAL;
	if (f->cseq > leg->cseq)
		leg->cseq = f->cseq;
	libre.elsewhere = true; // to the next contact, agent or target
	int err = sip_requestf(&f->req, f->flow.end->sip, true, "INVITE", f->uri, &route, NULL,
		NULL, on_response, f,
		"%s%sCSeq: %u INVITE\r\nContact: %s\r\n%s%sUser-Agent: %s\r\n"
		"Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		leg->headers, credentials_lines(f->credentials), f->cseq, contact, leg->ua->allow,
		session, leg->ua->config->sip.user_agent, strlen(leg->offer), leg->offer);
	libre.elsewhere = false;
	return -err;
}

static void on_silence(void *arg)
{
	(void)ua_leg_input(arg, LEG_IN_SILENCE);
	end_call(arg, UA_END_TIMEOUT, 408, "rang too long");
}

// --- a trunk ---

// A target that says nothing at all, not even 100.
static void on_quiet(void *arg)
{
	struct fork *f = arg;
	struct ua_leg *leg = f->leg;

	if (ua_leg_input(leg, LEG_IN_REFUSAL) != LEG_DOES)
		return;
	f->status = 408;
	outside_silent(f);
	if (try_next(leg) == 0) {
		f->left = true;
		sip_request_cancel(f->req);
	} else {
		f->status = 0; // there is none but this one
	}
}

static int try_next(struct ua_leg *leg)
{
	struct fork *f;
	int rc;

	while ((rc = outside_next(leg, &f)) == 0) {
		if (send_invite(f) == 0) {
			outside_watch(leg, on_quiet);
			return 0;
		}
		f->status = 503;
		f->left = true;
	}
	return rc;
}

// --- an agent ---

static unsigned add_forks(struct ua_leg *leg, const char *agent)
{
	struct binding *bindings[BINDINGS_MAX];
	unsigned n = registrar_bindings(leg->ua->registrar, agent, bindings);

	for (unsigned i = 0; i < n && leg->fork_count < LEG_FORKS_MAX; i++) {
		struct fork *f = &leg->forks[leg->fork_count];
		if (!binding_route(bindings[i], &f->flow))
			continue;
		f->leg = leg;
		f->path = DIALOG_SYMMETRIC;
		f->uri = str_clone(bindings[i]->contact);
		leg->fork_count++;
	}
	return leg->fork_count;
}

static int fill(struct ua_leg *leg, const struct ua_target *t)
{
	const struct config_agent *a = t->agent;
	char host[ADDR_TEXT_MAX];

	(void)str_copy(leg->agent, sizeof(leg->agent), a->name);
	if (add_forks(leg, a->name) == 0)
		return -ENOENT;
	leg->voice = t->voice;
	const struct invite_sound s = {.rtp = t->local,
		.media = a->media,
		.codecs = a->codecs,
		.codec_count = a->codec_count,
		.first = t->codec,
		.ptime_ms = a->ptime_ms,
		.anywhere = a->media_anywhere};
	int rc = invite_write_offer(leg, &s);
	if (rc)
		return rc;
	const struct flow *first = &leg->forks[0].flow;
	struct addr local = *stack_address(first->end, first->transport);
	const struct invite_party p = {.user = a->name,
		.host = addr_text(&local, host),
		.from_host = host,
		.caller = t->caller,
		.caller_name = t->caller_name,
		.hidden = t->hidden,
		.queue = t->queue,
		.call = t->call};
	return invite_write_head(leg, &p);
}

// Every contact at once.
static int call_agent(struct ua_leg *leg, const struct ua_target *t)
{
	unsigned sent = 0;
	int rc = fill(leg, t);

	for (unsigned i = 0; i < leg->fork_count && !rc; i++) {
		struct fork *f = &leg->forks[i];
		f->cseq = INVITE_CSEQ;
		if (f->uri && send_invite(f) == 0)
			sent++;
		else
			f->status = 503;
	}
	return rc || sent ? rc : -EHOSTUNREACH;
}

static int call_outside(struct ua_leg *leg, const struct ua_target *t)
{
	int rc = outside_begin(leg, t);

	return rc ? rc : try_next(leg);
}

int ua_invite(struct ua *ua, const struct ua_target *target, ua_event_h *h, void *arg,
	struct ua_leg **out)
{
	unsigned limit_s = ua->config->sip.ring_timeout_s;
	struct ua_leg *leg = ua_leg_new(ua, false);

	if (!leg)
		return -ENOMEM;
	int rc = invite_identify(leg);
	if (!rc)
		rc = target->agent ? call_agent(leg, target) : call_outside(leg, target);
	if (rc) {
		leg_free(leg);
		return rc;
	}
	leg->owned = true;
	leg->h = h;
	leg->arg = arg;
	leg_enter(leg);
	timer_start(ua->timers, &leg->timer, (limit_s ? limit_s : RING_DEFAULT_S) * 1000ull,
		on_silence, leg);
	*out = leg;
	return 0;
}
