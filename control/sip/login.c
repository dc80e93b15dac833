// Challenges and their checks, over guard and auth.
#include "control/sip/login.h"

#include <string.h>

#include "control/base/timer.h"
#include "control/sip/core.h"
#include "control/sip/registrar.h"
#include "control/sip/reply.h"
#include "control/sip/text.h"
#include "engine/base/log.h"

// Lines a second about strangers, however many addresses they write on their packets.
#define LOG_PER_S 10

LOG_TOPIC("sip");

static bool may_log(void)
{
	return rate_take(&core.noise, LOG_PER_S, timers_now_ms());
}

static void challenge(struct stack_end *end, const struct sip_msg *msg, bool stale)
{
	char value[AUTH_CHALLENGE_MAX], headers[AUTH_CHALLENGE_MAX + 32];
	struct addr source = addr_of_sa(&msg->src);
	struct auth_asker asker = {&source, timers_now_ms()};

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
	for (unsigned i = 0; i < agent->from_count; i++)
		if (addr_in_prefix(source, &agent->from[i].net, agent->from[i].bits))
			return true;
	return agent->from_count == 0;
}

static void failed(
	struct stack_end *end, const struct sip_msg *msg, const struct auth_credentials *c)
{
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];

	core.counts.auth_failed++;
	if (may_log())
		log_info(
			"wrong password agent=%s source=%s", c->username, addr_text(&source, text));
	if (!guard_failed(core.guard, &source, timers_now_ms())) {
		challenge(end, msg, false);
		return;
	}
	log_warn("source locked out after wrong passwords source=%s for_s=%u",
		addr_text(&source, text), core.config->sip.auth_lockout_s);
	reply_once(end, msg, 403, "Forbidden", NULL);
}

// Verifies a password even for a name that does not exist, so that both take the same time.
static enum auth_result check_password(const struct config_agent *agent,
	const struct auth_credentials *c, const struct sip_msg *msg, const struct addr *source)
{
	bool exists = agent && *agent->password;
	struct auth_asker asker = {source, timers_now_ms()};
	char method[32];

	text_copy(method, sizeof(method), &msg->met);
	struct auth_secret secret = {method, exists ? agent->password : "no such agent"};
	enum auth_result result = auth_check(core.auth, c, &secret, &asker);
	return exists || result == AUTH_FOREIGN ? result : AUTH_FAILED;
}

// Where phones are registered already a challenge is free; strangers share few.
static void challenge_bounded(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);

	if (registrar_knows(&source) || guard_answer(core.guard, &source, timers_now_ms()))
		challenge(end, msg, false);
	else
		core.counts.rate_limited++;
}

const struct config_agent *login_check(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	struct auth_credentials c = {0};
	char text[ADDR_TEXT_MAX];

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, read_ours, &c);
	if (!*c.username) {
		challenge_bounded(end, msg);
		return NULL;
	}
	const struct config_agent *agent = config_find_agent(core.config, c.username);
	switch (check_password(agent, &c, msg, &source)) {
	case AUTH_FAILED:
		failed(end, msg, &c);
		return NULL;
	case AUTH_FOREIGN:
		challenge_bounded(end, msg);
		return NULL;
	case AUTH_STALE:
		challenge(end, msg, true);
		return NULL;
	case AUTH_PASSED:
		break;
	}
	guard_passed(core.guard, &source);
	if (is_allowed_from(agent, &source))
		return agent;
	log_warn("agent may not sign in from there agent=%s source=%s", agent->name,
		addr_text(&source, text));
	reply_once(end, msg, 403, "Forbidden", NULL);
	return NULL;
}

void login_refuse_stranger(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];

	core.counts.unknown_source++;
	if (pl_strcmp(&msg->met, "ACK") == 0)
		return;
	if (!guard_answer(core.guard, &source, timers_now_ms())) {
		core.counts.rate_limited++;
		return;
	}
	if (may_log())
		log_info("request from an unknown source method=%.*s source=%s", (int)msg->met.l,
			msg->met.p, addr_text(&source, text));
	if (!core.config->sip.unknown_silent)
		reply_once(end, msg, 403, "Forbidden", NULL);
}

bool login_locked(const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);

	// A phone that stands registered is not punished for its neighbour behind the same NAT.
	if (!guard_locked(core.guard, &source, timers_now_ms()) || registrar_agent_at(&source))
		return false;
	core.counts.locked_out++;
	return true;
}
