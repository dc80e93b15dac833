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
	struct redirect *out;
	bool found;
};

static bool is_allowed(const struct choice *c, const struct addr *to)
{
	const struct config_agent *agent = c->agent;

	if (c->trunk)
		return out_owns(c->trunk, to);
	return config_prefixes_hold(agent->redirects, agent->redirect_count, to);
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
	if (!is_allowed(c, &to) || stack_listens(c->stack, &to))
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
