// What a configuration of the engine must hold, each fault told in one sentence.
#include "engine/config.h"

#include <errno.h>

#include "engine/base/str.h"
#include "engine/split.h"

static int media_check(const struct engine_config *c, unsigned index, char error[ENGINE_ERROR_MAX])
{
	const struct engine_media *m = &c->medium[index];
	bool ip4 = m->ip.family == ADDR_IP4;
	const char *fault = NULL;

	if (m->port >= c->ports)
		fault = "names a port that does not exist";
	else if (!m->ip.family || (ip4 && m->ip.ip[0] >= 0xe0) || (!ip4 && m->ip.ip[0] == 0xff))
		fault = "has no unicast address";
	else if (m->bits == 0 || m->bits > (ip4 ? 32 : 128))
		fault = "has no valid prefix length";
	else if (m->gateway.family && m->gateway.family != m->ip.family)
		fault = "has a gateway of the other IP version";
	else if (m->gateway.family && addr_same_ip(&m->gateway, &m->ip))
		fault = "is its own gateway";
	else if (m->vlan > 4094)
		fault = "has a VLAN above 4094";
	else if (m->dscp > 63)
		fault = "has a DSCP above 63";
	else if (m->rtp_min == 0 || m->rtp_min % 2 || m->rtp_max % 2 == 0 ||
		m->rtp_max < m->rtp_min)
		fault = "needs UDP ports from an even to a higher odd one";
	else if (split_pairs(m) < c->workers)
		fault = "has fewer port pairs than there are workers";
	for (unsigned i = 0; i < index && !fault; i++)
		if (c->medium[i].port == m->port && c->medium[i].vlan == m->vlan &&
			addr_same_ip(&c->medium[i].ip, &m->ip))
			fault = "is there twice on one port";
	if (!fault)
		return 0;
	str_format(error, ENGINE_ERROR_MAX, "media address %s %s", m->name, fault);
	return -EINVAL;
}

static int port_check(const struct engine_config *c, unsigned index, char error[ENGINE_ERROR_MAX])
{
	const struct engine_port *p = &c->port[index];
	bool named = p->kind != PORT_RING && p->kind != PORT_NULL;

	if (named && !p->device[0]) {
		str_format(error, ENGINE_ERROR_MAX,
			"port %s needs a device: an interface name, a PCI address or a socket path",
			p->name);
		return -EINVAL;
	}
	for (unsigned i = 0; i < index; i++)
		if (named && str_equal(c->port[i].device, p->device)) {
			str_format(error, ENGINE_ERROR_MAX, "ports %s and %s are both %s",
				c->port[i].name, p->name, p->device);
			return -EINVAL;
		}
	return 0;
}

int engine_config_check(const struct engine_config *c, char error[ENGINE_ERROR_MAX])
{
	uint64_t pairs = 0;
	int rc = 0;

	if (c->workers == 0 || c->workers > WORKERS_MAX || c->ports == 0 || c->ports > PORTS_MAX ||
		c->media == 0 || c->media > MEDIA_MAX || c->sessions < c->workers ||
		c->sessions > SESSIONS_MAX) {
		str_format(error, ENGINE_ERROR_MAX,
			"the engine takes 1 to %d workers, 1 to %d ports, 1 to %d media addresses "
			"and, a worker at least one, up to %d sessions",
			WORKERS_MAX, PORTS_MAX, MEDIA_MAX, SESSIONS_MAX);
		return -EINVAL;
	}
	for (unsigned i = 0; i < c->ports && !rc; i++)
		rc = port_check(c, i, error);
	for (unsigned i = 0; i < c->media && !rc; i++) {
		rc = media_check(c, i, error);
		pairs += split_pairs(&c->medium[i]);
	}
	if (!rc && pairs < c->sessions) {
		str_format(error, ENGINE_ERROR_MAX,
			"%u sessions need as many pairs of UDP ports and the media addresses have "
			"%llu: widen their port ranges or add an address",
			c->sessions, (unsigned long long)pairs);
		rc = -EINVAL;
	}
	return rc;
}
