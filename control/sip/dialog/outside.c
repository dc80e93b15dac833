// The order of tries, what is said at each, and what ends one.
#include "control/sip/dialog/outside.h"

#include <errno.h>
#include <stdlib.h>

#include "control/sip/dialog/invite_head.h"
#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "control/sip/trunk/credentials.h"
#include "control/sip/trunk/out.h"
#include "engine/base/log.h"

LOG_TOPIC("sip");

#define QUIET_S 4 // where a configuration says nothing

_Static_assert(CONFIG_TARGETS_MAX <= LEG_FORKS_MAX, "each try is a fork");

int outside_begin(struct ua_leg *leg, const struct ua_target *t)
{
	struct outside *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	leg->outside = o;
	leg->sdp.rtp = t->local;
	leg->voice = t->voice;
	o->hidden = t->hidden;
	o->codec = t->codec;
	if (str_copy(o->number, sizeof(o->number), t->number) ||
		str_copy(o->caller, sizeof(o->caller), t->caller ? t->caller : ""))
		return -EMSGSIZE;
	(void)str_copy(
		o->caller_name, sizeof(o->caller_name), t->caller_name ? t->caller_name : "");
	(void)str_copy(o->call, sizeof(o->call), t->call ? t->call : "");
	o->count = out_tries(leg->ua->trunks, t->trunk, o->tries);
	return o->count ? 0 : -ENOENT;
}

static const struct out_try *try_of(const struct fork *f)
{
	const struct outside *o = f->leg->outside;

	return &o->tries[o->of_fork[f - f->leg->forks]];
}

const struct config_trunk *outside_trunk(const struct fork *f)
{
	return try_of(f)->trunk->config;
}

// Of what is tried no more.
static void forget_early(struct ua_leg *leg)
{
	uint64_t seed = leg->early.seed;

	early_drop(&leg->early);
	leg->early.seed = seed;
}

// --- a try ---

static char *write_uri(const char *user, const char *host, enum ua_transport transport)
{
	char text[512];
	struct str_buf b;

	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "sip:");
	text_add_user(&b, user);
	str_buf_add(&b, "@%s%s", host, transport_of(transport)->contact);
	return b.cut ? NULL : str_clone(text);
}

static int write_offer(struct ua_leg *leg, const struct config_trunk *c)
{
	const struct invite_sound s = {.rtp = leg->sdp.rtp,
		.media = c->media,
		.codecs = c->codecs,
		.codec_count = c->codec_count,
		.first = leg->outside->codec,
		.ptime_ms = c->ptime_ms,
		.anywhere = c->media_anywhere};

	return invite_write_offer(leg, &s);
}

static int write_invite(struct fork *f, const struct out_try *t)
{
	struct ua_leg *leg = f->leg;
	const struct outside *o = leg->outside;
	const struct config_trunk *c = t->trunk->config;
	char number[NUMBER_TEXT_MAX], host[ADDR_TEXT_MAX], ours[ADDR_TEXT_MAX];
	struct addr local = *stack_address(f->flow.end, f->flow.transport);
	const char *domain = c->out.domain;

	if (out_number(&c->out, o->number, number))
		return -EMSGSIZE;
	const struct invite_party p = {.user = number,
		.host = *domain ? domain : addr_text(&t->at.address, host),
		.from_host = *domain ? domain : addr_text(&local, ours),
		.caller = o->caller,
		.caller_name = o->caller_name,
		.hidden = o->hidden,
		.asserted = true,
		.call = o->call};
	f->uri = write_uri(number, p.host, t->at.transport);
	if (!f->uri)
		return -ENOMEM;
	int rc = invite_write_head(leg, &p);
	return rc ? rc : write_offer(leg, c);
}

static int begin_try(struct ua_leg *leg, unsigned which)
{
	struct outside *o = leg->outside;
	const struct out_try *t = &o->tries[which];
	struct fork *f = &leg->forks[leg->fork_count];
	enum ua_transport transport = t->at.transport;

	if (!t->trunk->config)
		return -ENOENT;
	struct stack_end *end = stack_route(leg->ua->stack, &t->at.address, transport);
	if (!end)
		return -EHOSTUNREACH;
	*f = (struct fork){.leg = leg, .path = DIALOG_CONTACT, .cseq = ++leg->cseq};
	f->flow = (struct flow){.end = end, .transport = transport, .peer = t->at.address};
	o->of_fork[leg->fork_count++] = which;
	f->trunk = t->trunk; // a late 200 finds no tries any more
	trunk_hold(f->trunk);
	int rc = write_invite(f, t);
	if (!rc && leg->trunk != t->trunk)
		rc = trunk_begin_out(t->trunk);
	if (rc) {
		f->status = 503;
		f->left = true;
		return rc;
	}
	if (leg->trunk && leg->trunk != t->trunk)
		trunk_end(leg->trunk, true);
	leg->trunk = t->trunk;
	return 0;
}

int outside_next(struct ua_leg *leg, struct fork **out)
{
	struct outside *o = leg->outside;
	int rc = -ENOENT;

	forget_early(leg);
	while (o->next < o->count) {
		rc = begin_try(leg, o->next++);
		if (rc == 0) {
			*out = &leg->forks[leg->fork_count - 1];
			return 0;
		}
	}
	return rc;
}

bool outside_has_next(const struct ua_leg *leg)
{
	return leg->outside->next < leg->outside->count;
}

// --- what comes of it ---

void outside_watch(struct ua_leg *leg, void (*quiet)(void *fork))
{
	struct fork *f = &leg->forks[leg->fork_count - 1];
	const struct config_trunk *c = outside_trunk(f);
	unsigned quiet_s = c && c->out.quiet_s ? c->out.quiet_s : QUIET_S;

	if (outside_has_next(leg)) // else libre's own patience
		timer_start(leg->ua->timers, &leg->outside->quiet, quiet_s * 1000ull, quiet, f);
}

static bool is_newest(const struct fork *f)
{
	return f == &f->leg->forks[f->leg->fork_count - 1];
}

void outside_heard(struct fork *f, const struct sip_msg *msg)
{
	struct outside *o = f->leg->outside;

	if (is_newest(f))
		timer_cancel(&o->quiet);
	if (msg && msg->scode == 180)
		o->rings = true;
}

static void rest(struct fork *f, uint64_t ms, bool asked)
{
	const struct out_try *t = try_of(f);
	struct trunk_rest r = {.until_ms = timers_now_ms(f->leg->ua->timers) + ms, .asked = asked};
	char text[ADDR_TEXT_MAX];

	log_warn("target of a trunk is let alone trunk=%s target=%s for=%llums: %s", t->trunk->name,
		addr_text(&t->at.address, text), (unsigned long long)ms,
		asked ? "it asked for that" : "it says nothing");
	trunk_rest(t->trunk, &t->at, &r);
}

void outside_silent(struct fork *f)
{
	rest(f, OUT_SILENT_MS, false);
}

// RFC 3261 21.5.4: without Retry-After a 503 is like any 5xx.
static void honour(struct fork *f, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);
	uint32_t seconds = 0;
	size_t digits = 0;

	while (hdr && digits < hdr->val.l && hdr->val.p[digits] >= '0' && hdr->val.p[digits] <= '9')
		digits++; // ";duration=…" and a comment may follow
	struct pl number = {hdr ? hdr->val.p : NULL, digits};
	if (!digits || !text_number(&number, &seconds) || !seconds)
		return;
	rest(f, (seconds < OUT_REST_MAX_S ? seconds : OUT_REST_MAX_S) * 1000ull, true);
}

bool outside_fails_over(struct fork *f, const struct sip_msg *msg)
{
	const struct outside *o = f->leg->outside;

	outside_heard(f, msg);
	if (!msg)
		outside_silent(f);
	else if (msg->scode == 503)
		honour(f, msg);
	return is_newest(f) && !o->rings && (!msg || (msg->scode >= 500 && msg->scode < 600));
}

// By a target that was left already, perhaps: then what it was offered holds, and not what was
// written for another trunk since.
void outside_answered(struct fork *f)
{
	struct ua_leg *leg = f->leg;
	struct trunk *t = try_of(f)->trunk;

	outside_heard(f, NULL);
	timer_cancel(&leg->outside->quiet);
	if (!is_newest(f) && t->config)
		(void)write_offer(leg, t->config); // without room for it there is no codec
	if (leg->trunk == t || !t->config || trunk_begin_out(t) != 0)
		return;
	if (leg->trunk)
		trunk_end(leg->trunk, true);
	leg->trunk = t;
}

// --- passwords ---

int outside_sign(struct fork *f)
{
	if (!f->credentials) // an agent's phone has none
		return 0;
	const struct config_trunk *c = outside_trunk(f);
	if (!c)
		return -ENOENT;
	const struct challenge_request q = {.user = c->out.user,
		.password = c->out.password,
		.method = "INVITE",
		.uri = f->uri};
	return credentials_write(f->credentials, &q);
}

int outside_challenged(struct fork *f, const struct sip_msg *msg)
{
	const struct config_trunk *c = outside_trunk(f);

	outside_heard(f, msg);
	forget_early(f->leg);
	f->why = NULL;
	if (!c || !*c->out.user) {
		f->why = "a password is asked for, and the trunk has none";
	} else {
		enum challenge_verdict v = credentials_take(&f->credentials, msg);
		if (v != CHALLENGE_ANSWERED)
			f->why = challenge_text(v);
	}
	f->cseq += !f->why;
	if (!f->why)
		return 0;
	log_warn("trunk asks for a password trunk=%s status=%u: %s", try_of(f)->trunk->name,
		msg->scode, f->why);
	return -EACCES;
}
