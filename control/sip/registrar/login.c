// Challenges and their checks, over guard and auth.
#include "control/sip/registrar/login.h"

#include <string.h>

#include "control/base/timer.h"
#include "control/sip/registrar/auth_uri.h"
#include "control/sip/core.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/dialog/reply.h"
#include "control/sip/message/text.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/log.h"
#include "engine/base/utf8.h"

// Lines a second about strangers, however many addresses they write on their packets.
#define LOG_PER_S 10

LOG_TOPIC("sip");

bool login_may_log(void)
{
	return rate_take(&core.noise, LOG_PER_S, timers_now_ms(core.timers));
}

static void challenge(struct stack_end *end, const struct sip_msg *msg, bool stale)
{
	char value[AUTH_CHALLENGE_MAX], headers[AUTH_CHALLENGE_MAX + 32];
	struct addr source = addr_of_sa(&msg->src);
	struct auth_asker asker = {&source, timers_now_ms(core.timers)};

	auth_challenge(core.auth, core.config->sip.realm, stale, &asker, value);
	(void)str_format(headers, sizeof(headers), "WWW-Authenticate: %s\r\n", value);
	reply_once(end, msg, 401, "Unauthorized", headers);
}

static bool read_ours(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct auth_credentials *c = arg;

	if (auth_read(c, hdr->val.p, hdr->val.l) == 0 &&
		str_equal(c->realm, core.config->sip.realm))
		return true;
	*c = (struct auth_credentials){0};
	return false;
}

static bool is_allowed_from(const struct config_agent *agent, const struct addr *source)
{
	return agent->from_count == 0 ||
		config_prefixes_hold(agent->from, agent->from_count, source);
}

// No phone stands registered there: somebody who tries names, or a phone that signs in for the
// first time. That one answers our challenge rightly; whoever names no agent of ours, or asks for
// the next challenge with one unanswered, is counted. It changes nothing of what goes out.
static void count_stranger(const struct sip_msg *msg, const struct addr *source)
{
	const struct config_agent *agent;
	char from[UA_TEXT_MAX];

	text_user(from, sizeof(from), &msg->from.uri.user);
	agent = config_find_agent(core.config, from);
	bool open = guard_challenged(core.guard, source);
	if (open || !agent || !is_allowed_from(agent, source))
		core.counts.unknown_source++;
}

// One answer to whoever is not let in, whatever the reason: nothing in it, nor whether it comes,
// may tell an account, a password or a lock. Only that a nonce of ours is old is said, which its
// owner may know. Where phones are registered already it is free; strangers share few.
static void refuse(struct stack_end *end, const struct sip_msg *msg, bool stale)
{
	struct addr source = addr_of_sa(&msg->src);

	if (!registrar_phones_at(&source))
		count_stranger(msg, &source);
	if (registrar_phones_at(&source) ||
		guard_answer(core.guard, &source, timers_now_ms(core.timers)))
		challenge(end, msg, stale);
	else
		core.counts.rate_limited++;
}

// Over a nonce that is none of ours a password is not looked at, and nobody is locked out for it:
// the address may be forged, and after a restart every phone comes with such a one once. Where
// no phone stands registered it is counted as the guess that it most likely is.
static void foreign(const struct addr *source, const struct config_agent *agent)
{
	uint64_t now_ms = timers_now_ms(core.timers);
	char text[ADDR_TEXT_MAX];

	if (registrar_phones_at(source))
		return;
	if (guard_locked(core.guard, source, now_ms)) {
		core.counts.locked_out++;
		return;
	}
	core.counts.auth_failed++;
	if (guard_failed(core.guard, source, now_ms) && login_may_log())
		log_warn("passwords over nonces that are none of ours, not looked at agent=%s "
			 "source=%s",
			agent ? agent->name : "", addr_text(source, text));
}

static void tell(const struct lockout_try *t, unsigned lock)
{
	struct ua_lockout told = {.for_ms = core.config->sip.auth_lockout_s * 1000};
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
	if (core.handlers.lockout)
		core.handlers.lockout(&told, core.handlers.told_arg);
}

static void failed(const struct lockout_try *t, const char *why)
{
	char text[ADDR_TEXT_MAX];
	unsigned locked = lockout_failed(core.lockout, t), for_s = core.config->sip.auth_lockout_s;

	addr_text(t->source, text);
	core.counts.auth_failed++;
	if (login_may_log())
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
			tell(t, lock);
}

// Made for another request than this one, by whoever knows the password: refused like a wrong one,
// but no guess can win by it, so that none is counted.
static bool is_for_another(const struct auth_credentials *c, const struct sip_msg *msg,
	const struct config_agent *agent)
{
	struct auth_place here = {&msg->dst, core.config->sip.realm};
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];

	if (auth_uri_fits(c->uri, &msg->ruri, &here))
		return false;
	core.counts.auth_failed++;
	if (login_may_log())
		log_info("digest for another uri than the request's agent=%s source=%s",
			agent ? agent->name : "", addr_text(&source, text));
	return true;
}

// From where the account may not sign in no guess can win, so that none is counted for it: a
// stranger who knows its name cannot lock it by them.
static struct lockout_try describe(const struct config_agent *agent,
	const struct auth_credentials *c, const struct addr *source)
{
	const char *there = registrar_agent_at(source);

	return (struct lockout_try){.source = source,
		.name = c->username,
		.account = agent && is_allowed_from(agent, source) ? agent->name : NULL,
		.nonce = hash_str(c->nonce, core.seed),
		.allowance = registrar_phones_at(source),
		.phone = agent && there && str_equal(there, agent->name),
		.home = agent && registrar_is_home(agent->name, source),
		.now_ms = timers_now_ms(core.timers)};
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
static bool may_pass(const struct config_agent *agent, const struct auth_credentials *c,
	const struct sip_msg *msg, bool *stale)
{
	struct addr source = addr_of_sa(&msg->src);
	struct auth_asker asker = {&source, timers_now_ms(core.timers)};
	struct lockout_try t = describe(agent, c, &source);
	bool right = is_right(agent, c, msg), may_here = !agent || is_allowed_from(agent, &source);
	enum auth_nonce nonce = auth_nonce(core.auth, c, &asker);

	*stale = nonce == AUTH_OLD;
	if (nonce == AUTH_FOREIGN) {
		foreign(&source, agent);
		return false;
	}
	unsigned held = lockout_holds(core.lockout, &t);
	if (held) {
		core.counts.locked_out += (held & ~LOCKOUT_AGAIN) != 0;
		core.counts.auth_failed += held == LOCKOUT_AGAIN;
		return false;
	}
	if (is_for_another(c, msg, agent))
		return false;
	if (!right || !may_here) {
		failed(&t, right ? "agent may not sign in from there" : "wrong password");
		return false;
	}
	if (*stale || !auth_use(core.auth, c, &asker))
		return false;
	lockout_passed(core.lockout, &t);
	guard_passed(core.guard, &source);
	return true;
}

const struct config_agent *login_check(struct stack_end *end, const struct sip_msg *msg)
{
	struct auth_credentials c = {0};
	const struct config_agent *agent = NULL;
	struct addr source = addr_of_sa(&msg->src);
	bool stale = false;

	if (!places_have(&core.places, &source) && !trunk_find(&source)) {
		login_refuse_stranger(end, msg);
		return NULL;
	}
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, read_ours, &c);
	if (*c.username) {
		agent = config_find_agent(core.config, c.username);
		if (may_pass(agent, &c, msg, &stale))
			return agent;
	}
	refuse(end, msg, stale);
	return NULL;
}

bool login_begun(const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	struct auth_asker asker = {&source, timers_now_ms(core.timers)};
	struct auth_credentials c = {0};

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, read_ours, &c);
	return *c.username && auth_nonce(core.auth, &c, &asker) != AUTH_FOREIGN;
}

void login_refuse_stranger(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];

	core.counts.unknown_source++;
	if (pl_strcmp(&msg->met, "ACK") == 0)
		return;
	if (!guard_answer(core.guard, &source, timers_now_ms(core.timers))) {
		core.counts.rate_limited++;
		return;
	}
	if (login_may_log())
		log_info("request from an unknown source method=%.*s source=%s", (int)msg->met.l,
			msg->met.p, addr_text(&source, text));
	if (!core.config->sip.unknown_silent)
		reply_once(end, msg, 403, "Forbidden", NULL);
}
