// Chooses where a redirected call may go: a literal address within the agent's prefixes.
#include "control/sip/dialog/redirect.h"

#include <errno.h>

#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "control/sip/trunk/out.h"
#include "engine/base/log.h"

LOG_TOPIC("sip");

struct choice {
	struct stack *stack;
	const struct config_agent *agent;
	const struct config_trunk *trunk;
	const char *from; // URI that was asked
	struct redirect *out;
	bool found;
};

static bool is_allowed(const struct choice *c, const struct addr *to)
{
	const struct config_agent *agent = c->agent;

	if (c->trunk)
		return out_owns(c->trunk->out.targets, c->trunk->out.target_count, to);
	return config_prefixes_hold(agent->redirects, agent->redirect_count, to);
}

// Another place is the carrier's affair, another number costs whoever pays for the call. Nor has it
// other parameters: they may name another one (RFC 4694).
static bool is_same_number(const struct choice *c, const struct uri *to)
{
	struct pl text;
	struct uri from;

	if (!c->trunk || c->trunk->out.redirect_number)
		return true;
	pl_set_str(&text, c->from);
	return uri_decode(&from, &text) == 0 && text_same_user(&to->user, &from.user);
}

static bool try_contact(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct choice *c = arg;
	enum ua_transport transport;
	struct sip_addr a;
	struct addr to;

	if (sip_addr_decode(&a, &hdr->val) || !text_is_uri(&a.auri) ||
		!text_uri_addr(&a.auri, &to, &transport))
		return false;
	if (!is_allowed(c, &to) || !is_same_number(c, &a.uri) || stack_listens(c->stack, &to))
		return false;
	struct stack_end *end = stack_route(c->stack, &to, transport);
	if (!end)
		return false;
	c->out->flow = (struct flow){.end = end, .transport = transport, .peer = to};
	c->out->uri = text_clone(&a.auri);
	c->found = true;
	return true;
}

int redirect_choose(const struct ua *ua, const struct redirect_hop *from, const struct sip_msg *msg,
	struct redirect *out)
{
	struct choice c = {.stack = ua->stack,
		.agent = from->trunk ? NULL : config_find_agent(ua->config, from->agent),
		.trunk = from->trunk,
		.from = from->uri,
		.out = out};

	if ((!c.agent && !c.trunk) || from->hops >= REDIRECT_HOPS_MAX)
		return -EACCES;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, try_contact, &c);
	if (!c.found) {
		log_warn("redirect refused %s=%s status=%u", c.trunk ? "trunk" : "agent",
			c.trunk ? c.trunk->name : from->agent, msg->scode);
		return -EACCES;
	}
	return out->uri ? 0 : -ENOMEM;
}
