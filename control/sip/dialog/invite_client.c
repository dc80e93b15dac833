// The client side of INVITE. The first 200 wins; every other is acknowledged and ended, so that
// no phone is left believing in a call (RFC 3261 13.2.2.4).
#include "control/sip/dialog/invite_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/dialog/redirect.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"

#define INVITE_CSEQ    1 // and one more for each redirect that is followed
#define RING_DEFAULT_S 60

static int send_invite(struct fork *f);

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
	struct dialog_sent sent = {&f->flow, f->uri, f->path};
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

static void take_answer(struct ua_leg *leg, const struct fork *f, const struct sip_msg *msg)
{
	struct dialog_sent sent = {&f->flow, f->uri, f->path};
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

	if (!leg || leg->incoming || leg->fork_count == 0 ||
		msg->cseq.num > INVITE_CSEQ + REDIRECT_HOPS_MAX)
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

static void on_refusal(struct fork *f, uint16_t status, const struct pl *reason)
{
	struct ua_leg *leg = f->leg;
	char text[UA_TEXT_MAX];

	f->status = status;
	if (ua_leg_input(leg, LEG_IN_REFUSAL) != LEG_DOES)
		return;
	if (status < 600 && any_alive(leg))
		return;
	const struct fork *best = status >= 600 ? f : best_refusal(leg);
	text_line(text, sizeof(text), reason);
	if (best->refused)
		end_call(leg, UA_END_REDIRECTED, best->status, "redirected to a forbidden target");
	else if (best->status == 408)
		end_call(leg, UA_END_TIMEOUT, 408, "no answer to our INVITE");
	else
		end_call(leg, UA_END_REJECTED, best->status, text);
}

static void on_redirect(struct fork *f, const struct sip_msg *msg)
{
	struct ua_leg *leg = f->leg;
	struct redirect_hop hop = {leg->agent, f->hops};
	struct redirect to;

	if (ua_leg_input(leg, LEG_IN_REDIRECT) == LEG_DOES) {
		if (redirect_choose(leg->ua, &hop, msg, &to) == 0) {
			flow_drop(&f->flow);
			free(f->uri);
			f->flow = to.flow;
			f->uri = to.uri;
			f->path = DIALOG_CONTACT;
			f->hops++;
			if (send_invite(f) == 0)
				return;
		} else {
			leg->ua->counts.redirects_refused++;
			f->refused = true;
		}
	}
	on_refusal(f, msg->scode, &msg->reason);
}

static void on_progress(struct ua_leg *leg, const struct sip_msg *msg)
{
	bool rings = msg->scode == 180 || msg->scode == 183;

	if (ua_leg_input(leg, LEG_IN_PROGRESS) != LEG_DOES)
		return;
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
	static const struct pl silence = PL("no answer"), broken = PL("cannot be reached");
	struct fork *f = arg;

	if (f->leg->ua->stopping)
		return;
	if (!msg)
		on_refusal(f, err == ETIMEDOUT ? 408 : 503, err == ETIMEDOUT ? &silence : &broken);
	else if (msg->scode < 200)
		on_progress(f->leg, msg);
	else if (msg->scode < 300) {
		f->status = msg->scode;
		on_answer(f, msg);
	} else if (msg->scode < 400)
		on_redirect(f, msg);
	else
		on_refusal(f, msg->scode, &msg->reason);
}

// --- sending ---

static int send_invite(struct fork *f)
{
	char route_text[ADDR_TEXT_MAX + 32], contact[ADDR_TEXT_MAX + 32];
	struct uri route;
	struct pl pl;

	flow_uri(&f->flow, route_text, sizeof(route_text));
	flow_contact(&f->flow, contact, sizeof(contact));
	pl_set_str(&pl, route_text);
	if (uri_decode(&route, &pl))
		return -EINVAL;
	f->status = 0;
	libre.elsewhere = true; // to the next contact, or agent
	int err = sip_requestf(&f->req, f->flow.end->sip, true, "INVITE", f->uri, &route, NULL,
		NULL, on_response, f,
		"%sCSeq: %u INVITE\r\nContact: %s\r\n" REPLY_ALLOW "User-Agent: %s\r\n"
		"Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		f->leg->headers, INVITE_CSEQ + f->hops, contact, f->leg->ua->config->sip.user_agent,
		strlen(f->leg->offer), f->leg->offer);
	libre.elsewhere = false;
	return -err;
}

static void on_silence(void *arg)
{
	(void)ua_leg_input(arg, LEG_IN_SILENCE);
	end_call(arg, UA_END_TIMEOUT, 408, "rang too long");
}

static void add_identity(struct str_buf *b, const struct ua_target *t, const char *host)
{
	const char *caller = t->caller && *t->caller ? t->caller : "anonymous";

	if (t->hidden) { // RFC 3323 4.1.1.3
		str_buf_add(b, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
		return;
	}
	if (t->caller_name && *t->caller_name) {
		str_buf_add(b, "\"");
		text_add_quoted(b, t->caller_name);
		str_buf_add(b, "\" ");
	}
	str_buf_add(b, "<sip:");
	text_add_user(b, caller);
	str_buf_add(b, "@%s>", host);
}

static void add_extra(struct str_buf *b, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_buf_add(b, "%s: ", name);
	text_add_user(b, value); // a queue's name may hold anything
	str_buf_add(b, "\r\n");
}

// From To on: the same for every contact, so that they are forks of one call.
static int write_headers(struct ua_leg *leg, const struct ua_target *t, const struct flow *first)
{
	char text[2048], host[ADDR_TEXT_MAX];
	struct addr local = *stack_address(first->end, first->transport);
	struct str_buf b;

	addr_text(&local, host);
	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "To: <sip:");
	text_add_user(&b, t->agent->name);
	str_buf_add(&b, "@%s>\r\nFrom: ", host);
	add_identity(&b, t, host);
	str_buf_add(&b, ";tag=%s\r\nCall-ID: %s\r\n%s", leg->dialog.local_tag, leg->dialog.call_id,
		t->hidden ? "Privacy: id" : "P-Asserted-Identity: ");
	if (!t->hidden)
		add_identity(&b, t, host);
	str_buf_add(&b, "\r\n");
	add_extra(&b, "X-Ringhall-Queue", t->queue);
	add_extra(&b, "X-Ringhall-Call", t->call);
	leg->headers = b.cut ? NULL : str_clone(text);
	return leg->headers ? 0 : -EMSGSIZE;
}

static void set_codecs(struct ua_leg *leg, const struct ua_target *t)
{
	const struct config_engine *engine = &leg->ua->config->engine;
	const struct config_agent *a = t->agent;
	unsigned n = 0;

	leg->sdp.rtp = t->local;
	if (a->media < engine->media_count)
		leg->sdp.bits = (uint8_t)engine->media[a->media].address.bits;
	leg->sdp.ptime_ms = a->ptime_ms;
	leg->voice = t->voice;
	leg->nat.anywhere = a->media_anywhere;
	for (unsigned i = 0; i < a->codec_count; i++)
		if (t->codec != CODEC_NONE && a->codecs[i] == t->codec)
			leg->codecs[n++] = t->codec;
	for (unsigned i = 0; i < a->codec_count && n < 4; i++)
		if (a->codecs[i] != t->codec || t->codec == CODEC_NONE)
			leg->codecs[n++] = a->codecs[i];
	leg->codec_count = n;
	leg_hold_codecs(leg);
}

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
	char id[40], tag[20], sdp[SDP_TEXT_MAX];

	(void)str_format(id, sizeof(id), "%016llx%016llx", (unsigned long long)rand_u64(),
		(unsigned long long)rand_u64());
	(void)str_format(tag, sizeof(tag), "%016llx", (unsigned long long)rand_u64());
	(void)str_copy(leg->agent, sizeof(leg->agent), t->agent->name);
	leg->dialog.call_id = str_clone(id);
	leg->dialog.local_tag = str_clone(tag);
	if (!leg->dialog.call_id || !leg->dialog.local_tag)
		return -ENOMEM;
	if (add_forks(leg, t->agent->name) == 0)
		return -ENOENT;
	set_codecs(leg, t);
	if (leg->sdp.codec_count == 0)
		return -ENOBUFS;
	if (sdp_offer(&leg->sdp, sdp, sizeof(sdp)))
		return -EMSGSIZE;
	leg->offer = str_clone(sdp);
	if (!leg->offer)
		return -ENOMEM;
	return write_headers(leg, t, &leg->forks[0].flow);
}

int ua_invite(struct ua *ua, const struct ua_target *target, ua_event_h *h, void *arg,
	struct ua_leg **out)
{
	unsigned limit_s = ua->config->sip.ring_timeout_s, sent = 0;
	struct ua_leg *leg = ua_leg_new(ua, false);

	if (!leg)
		return -ENOMEM;
	int rc = fill(leg, target);
	for (unsigned i = 0; i < leg->fork_count && !rc; i++) {
		struct fork *f = &leg->forks[i];
		if (f->uri && send_invite(f) == 0)
			sent++;
		else
			f->status = 503;
	}
	if (!rc && sent == 0)
		rc = -EHOSTUNREACH;
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
