// Challenges and their checks, over guard and auth.
#include "control/sip/registrar/login.h"

#include <string.h>

#include "control/base/timer.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/auth.h"
#include "control/sip/registrar/auth_uri.h"
#include "control/sip/registrar/places.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/shared.h"
#include "control/sip/transport/guard.h"
#include "control/sip/transport/lockout.h"
#include "control/sip/transport/reply.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/log.h"
#include "engine/base/utf8.h"

// Lines a second about strangers, however many addresses they write on their packets.
#define LOG_PER_S 10

LOG_TOPIC("sip");

bool login_may_log(struct ua *ua)
{
	return rate_take(&ua->noise, LOG_PER_S, timers_now_ms(ua->timers));
}

static void challenge(struct stack_end *end, const struct sip_msg *msg, bool stale)
{
	char value[AUTH_CHALLENGE_MAX], headers[AUTH_CHALLENGE_MAX + 32];
	struct addr source = addr_of_sa(&msg->src);
	const struct ua *ua = end->ua;
	struct auth_asker asker = {&source, timers_now_ms(ua->timers)};

	auth_challenge(ua->auth, ua->config->sip.realm, stale, &asker, value);
	(void)str_format(headers, sizeof(headers), "WWW-Authenticate: %s\r\n", value);
	reply_once(end, msg, 401, "Unauthorized", headers);
}

struct realm_reading {
	const char *realm;
	struct auth_credentials *out;
};

static bool take_ours(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct realm_reading *r = arg;

	if (auth_read(r->out, hdr->val.p, hdr->val.l) == 0 && str_equal(r->out->realm, r->realm))
		return true;
	*r->out = (struct auth_credentials){0};
	return false;
}

// Those for our realm; zeroed: there are none.
static struct auth_credentials read_ours(const struct ua *ua, const struct sip_msg *msg)
{
	struct auth_credentials c = {0};
	struct realm_reading r = {ua->config->sip.realm, &c};

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, take_ours, &r);
	return c;
}

static bool is_allowed_from(const struct config_agent *agent, const struct addr *source)
{
	return agent->from_count == 0 ||
		config_prefixes_hold(agent->from, agent->from_count, source);
}

// No phone stands registered there: somebody who tries names, or a phone that signs in for the
// first time. That one answers our challenge rightly; whoever names no agent of ours, or asks for
// the next challenge with one unanswered, is counted. It changes nothing of what goes out.
static void count_stranger(struct ua *ua, const struct sip_msg *msg, const struct addr *source)
{
	const struct config_agent *agent;
	char from[UA_TEXT_MAX];

	text_user(from, sizeof(from), &msg->from.uri.user);
	agent = config_find_agent(ua->config, from);
	bool open = guard_challenged(ua->guard, source);
	if (open || !agent || !is_allowed_from(agent, source))
		ua->counts.unknown_source++;
}

// One answer to whoever is not let in, whatever the reason: nothing in it, nor whether it comes,
// may tell an account, a password or a lock. Only that a nonce of ours is old is said, which its
// owner may know. Where phones are registered already it is free; strangers share few.
static void refuse(struct stack_end *end, const struct sip_msg *msg, bool stale)
{
	struct addr source = addr_of_sa(&msg->src);
	struct ua *ua = end->ua;

	if (!registrar_phones_at(ua->registrar, &source))
		count_stranger(ua, msg, &source);
	if (registrar_phones_at(ua->registrar, &source) ||
		guard_answer(ua->guard, &source, timers_now_ms(ua->timers)))
		challenge(end, msg, stale);
	else
		ua->counts.rate_limited++;
}

// Over a nonce that is none of ours a password is not looked at, and nobody is locked out for it:
// the address may be forged, and after a restart every phone comes with such a one once. Where
// no phone stands registered it is counted as the guess that it most likely is.
static void foreign(struct ua *ua, const struct addr *source, const struct config_agent *agent)
{
	uint64_t now_ms = timers_now_ms(ua->timers);
	char text[ADDR_TEXT_MAX];

	if (registrar_phones_at(ua->registrar, source))
		return;
	if (guard_locked(ua->guard, source, now_ms)) {
		ua->counts.locked_out++;
		return;
	}
	ua->counts.auth_failed++;
	if (guard_failed(ua->guard, source, now_ms) && login_may_log(ua))
		log_warn("passwords over nonces that are none of ours, not looked at agent=%s "
			 "source=%s",
			agent ? agent->name : "", addr_text(source, text));
}

static void tell(const struct ua *ua, const struct lockout_try *t, unsigned lock)
{
	struct ua_lockout told = {.for_ms = ua->config->sip.auth_lockout_s * 1000};
	struct lockout_lock begun = lockout_begun(t, lock);
	char place[UA_PLACE_MAX];

	told.address = begun.address;
	told.bits = begun.bits;
	utf8_clean(told.account, sizeof(told.account), begun.name, strlen(begun.name));
	told.left_ms = told.for_ms;
	if (lock == LOCKOUT_BLOCK)
		log_warn("networks of one site locked out each, so that it is as a whole site=%s "
			 "for_s=%u",
			ua_lockout_place(&told, place), told.for_ms / 1000);
	if (ua->handlers.lockout)
		ua->handlers.lockout(&told, ua->handlers.told_arg);
}

static void failed(struct ua *ua, const struct lockout_try *t, const char *why)
{
	char text[ADDR_TEXT_MAX];
	unsigned locked = lockout_failed(ua->lockout, t), for_s = ua->config->sip.auth_lockout_s;

	addr_text(t->source, text);
	ua->counts.auth_failed++;
	if (login_may_log(ua))
		log_info("%s agent=%s source=%s", why, t->name, text);
	if (locked & LOCKOUT_THERE)
		log_warn("account locked out at its source after wrong passwords agent=%s "
			 "source=%s for_s=%u",
			t->name, text, for_s);
	if (locked & LOCKOUT_ADDRESS)
		log_warn("source locked out after wrong passwords for several accounts source=%s "
			 "agent=%s for_s=%u",
			text, t->name, for_s);
	if (locked & LOCKOUT_ACCOUNT)
		log_warn("account locked out after wrong passwords, but for where its phones "
			 "stand agent=%s source=%s for_s=%u",
			t->name, text, for_s);
	for (unsigned lock = LOCKOUT_ADDRESS; lock <= LOCKOUT_BLOCK; lock <<= 1)
		if (locked & lock)
			tell(ua, t, lock);
}

// Made for another request than this one, by whoever knows the password: refused like a wrong one,
// but no guess can win by it, so that none is counted.
static bool is_for_another(struct ua *ua, const struct auth_credentials *c,
	const struct sip_msg *msg, const struct config_agent *agent)
{
	struct auth_place here = {&msg->dst, ua->config->sip.realm};
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];

	if (auth_uri_fits(c->uri, &msg->ruri, &here))
		return false;
	ua->counts.auth_failed++;
	if (login_may_log(ua))
		log_info("digest for another uri than the request's agent=%s source=%s",
			agent ? agent->name : "", addr_text(&source, text));
	return true;
}

// From where the account may not sign in no guess can win, so that none is counted for it: a
// stranger who knows its name cannot lock it by them.
static struct lockout_try describe(const struct ua *ua, const struct config_agent *agent,
	const struct auth_credentials *c, const struct addr *source)
{
	const char *there = registrar_agent_at(ua->registrar, source);

	return (struct lockout_try){.source = source,
		.name = c->username,
		.account = agent && is_allowed_from(agent, source) ? agent->name : NULL,
		.nonce = hash_str(c->nonce, ua->seed),
		.allowance = registrar_phones_at(ua->registrar, source),
		.phone = agent && there && str_equal(there, agent->name),
		.home = agent && registrar_is_home(ua->registrar, agent->name, source),
		.now_ms = timers_now_ms(ua->timers)};
}

// A password is computed for a name that does not exist, too, and under a lock, so that all take
// the same time.
static bool is_right(const struct config_agent *agent, const struct auth_credentials *c,
	const struct sip_msg *msg)
{
	bool exists = agent && *agent->password;
	char method[32];

	text_copy(method, sizeof(method), &msg->met);
	struct auth_secret secret = {method, exists ? agent->password : "no such agent"};
	return auth_is_right(c, &secret) && exists;
}

// May this one pass? *stale: over an old nonce, whatever the password.
static bool may_pass(struct ua *ua, const struct config_agent *agent,
	const struct auth_credentials *c, const struct sip_msg *msg, bool *stale)
{
	struct addr source = addr_of_sa(&msg->src);
	struct auth_asker asker = {&source, timers_now_ms(ua->timers)};
	struct lockout_try t = describe(ua, agent, c, &source);
	bool right = is_right(agent, c, msg), may_here = !agent || is_allowed_from(agent, &source);
	enum auth_nonce nonce = auth_nonce(ua->auth, c, &asker);

	*stale = nonce == AUTH_OLD;
	if (nonce == AUTH_FOREIGN) {
		foreign(ua, &source, agent);
		return false;
	}
	unsigned held = lockout_holds(ua->lockout, &t);
	if (held) {
		ua->counts.locked_out += (held & ~LOCKOUT_AGAIN) != 0;
		ua->counts.auth_failed += held == LOCKOUT_AGAIN;
		return false;
	}
	if (is_for_another(ua, c, msg, agent))
		return false;
	if (!right || !may_here) {
		failed(ua, &t, right ? "agent may not sign in from there" : "wrong password");
		return false;
	}
	if (*stale || !auth_use(ua->auth, c, &asker))
		return false;
	lockout_passed(ua->lockout, &t);
	guard_passed(ua->guard, &source);
	return true;
}

const struct config_agent *login_check(struct stack_end *end, const struct sip_msg *msg)
{
	struct ua *ua = end->ua;
	const struct config_agent *agent = NULL;
	struct addr source = addr_of_sa(&msg->src);
	bool stale = false;

	if (!places_have(ua->places, &source) && !trunk_find(ua->trunks, &source)) {
		login_refuse_stranger(end, msg);
		return NULL;
	}
	struct auth_credentials c = read_ours(ua, msg);
	if (*c.username) {
		agent = config_find_agent(ua->config, c.username);
		if (may_pass(ua, agent, &c, msg, &stale))
			return agent;
	}
	refuse(end, msg, stale);
	return NULL;
}

bool login_begun(struct ua *ua, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	struct auth_asker asker = {&source, timers_now_ms(ua->timers)};
	struct auth_credentials c = read_ours(ua, msg);

	return *c.username && auth_nonce(ua->auth, &c, &asker) != AUTH_FOREIGN;
}

void login_refuse_stranger(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];
	struct ua *ua = end->ua;

	ua->counts.unknown_source++;
	if (pl_strcmp(&msg->met, "ACK") == 0)
		return;
	if (!guard_answer(ua->guard, &source, timers_now_ms(ua->timers))) {
		ua->counts.rate_limited++;
		return;
	}
	if (login_may_log(ua))
		log_info("request from an unknown source method=%.*s source=%s", (int)msg->met.l,
			msg->met.p, addr_text(&source, text));
	if (!ua->config->sip.unknown_silent)
		reply_once(end, msg, 403, "Forbidden", NULL);
}
