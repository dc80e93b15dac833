// What must hold between ports, media addresses, sessions and cores.
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

#define INTERFACE_MAX 15 // the kernel's IFNAMSIZ without its NUL

static bool kind_is(const struct config_port *p, const char *kind)
{
	return str_equal(p->kind, kind);
}

static void check_port(struct config_read *r, struct config_port *p)
{
	bool af = str_starts(p->kind, "af_");
	if (kind_is(p, "tap") && p->device[0] == '\0')
		str_copy(p->device, sizeof(p->device), p->name);
	if (p->device[0] == '\0' && (af || kind_is(p, "pci") || kind_is(p, "memif")))
		config_read_problem(
			r, &p->device, NULL, "expected a device for kind %s, got nothing", p->kind);
	if ((af || kind_is(p, "tap")) && strlen(p->device) > INTERFACE_MAX)
		config_read_problem(r, &p->device, NULL,
			"expected an interface name of up to %u letters, got '%s'", INTERFACE_MAX,
			p->device);
	if (p->host.net.family != ADDR_NONE && !kind_is(p, "tap"))
		config_read_problem(r, &p->host, NULL,
			"expected no host address, since only tap makes an interface, got kind %s",
			p->kind);
	if (p->host.net.family != ADDR_NONE && p->host.bits == 0)
		config_read_problem(
			r, &p->host, NULL, "expected a prefix length of at least 1, got 0");
}

// What one has the other one cannot have: the engine asks by the device's name, the kernel's
// routes by address.
static void check_two_ports(
	struct config_read *r, const struct config_port *p, const struct config_port *other)
{
	char ip[ADDR_TEXT_MAX];
	if (p->device[0] && str_equal(p->device, other->device) && !kind_is(p, "ring") &&
		!kind_is(p, "null"))
		config_read_problem(r, &p->device, NULL,
			"expected a device that no other port has, got '%s' of %s", p->device,
			other->name);
	if (p->host.net.family != ADDR_NONE && addr_same_ip(&p->host.net, &other->host.net))
		config_read_problem(r, &p->host, NULL,
			"expected an address that no other port has, got %s of %s",
			addr_text(&p->host.net, ip), other->name);
}

static void check_ports(struct config_read *r)
{
	struct config_engine *e = &r->config->engine;
	for (unsigned i = 0; i < e->port_count; i++) {
		check_port(r, &e->ports[i]);
		for (unsigned j = 0; j < i; j++)
			check_two_ports(r, &e->ports[i], &e->ports[j]);
	}
}

static bool unicast(const struct addr *a)
{
	static const uint8_t zero[16];
	if (memcmp(a->ip, zero, sizeof(zero)) == 0)
		return false;
	return a->family == ADDR_IP4 ? a->ip[0] < 224 && a->ip[0] != 127 : a->ip[0] != 0xff;
}

static void check_gateway(struct config_read *r, const struct config_media *m)
{
	char gateway[ADDR_TEXT_MAX], ip[ADDR_TEXT_MAX];
	const struct addr *net = &m->address.net;
	if (m->gateway.family == ADDR_NONE)
		return;
	// What is of the link alone is on every link: the port says which one is meant.
	if (net->family == ADDR_IP6 && addr_is_link_local(&m->gateway) &&
		!addr_same_ip(&m->gateway, net))
		return;
	if (!addr_in_prefix(&m->gateway, net, m->address.bits) || addr_same_ip(&m->gateway, net))
		config_read_problem(r, &m->gateway, NULL,
			"expected another address within %s/%u, got %s", addr_text(net, ip),
			m->address.bits, addr_text(&m->gateway, gateway));
}

// What the kernel has, it answers for: the engine must not.
static bool kernel_has(const struct config *c, const struct addr *ip)
{
	for (unsigned i = 0; i < c->sip.listen_count; i++)
		if (addr_same_ip(&c->sip.listen[i].address, ip))
			return true;
	for (unsigned i = 0; i < c->engine.port_count; i++)
		if (addr_same_ip(&c->engine.ports[i].host.net, ip))
			return true;
	return false;
}

// On a tap without a gateway only the kernel's end can be reached.
static void check_host_net(
	struct config_read *r, const struct config_media *m, const struct config_port *p)
{
	char ip[ADDR_TEXT_MAX], host[ADDR_TEXT_MAX];
	const struct addr *net = &m->address.net, *end = &p->host.net;
	if (kernel_has(r->config, net))
		config_read_problem(r, &m->address, NULL,
			"expected an address that the kernel does not have, got %s",
			addr_text(net, ip));
	else if (end->family == net->family && m->vlan == 0 && m->gateway.family == ADDR_NONE &&
		!addr_in_prefix(net, end, p->host.bits))
		config_read_problem(r, &m->address, NULL,
			"expected an address within %s/%u, the host prefix of port %s, got %s",
			addr_text(end, host), p->host.bits, p->name, addr_text(net, ip));
}

static void check_same(struct config_read *r, const struct config_media *m)
{
	const struct config_engine *e = &r->config->engine;
	char ip[ADDR_TEXT_MAX];
	for (const struct config_media *o = e->media; o < m; o++)
		if (addr_same_ip(&o->address.net, &m->address.net) && o->vlan == m->vlan)
			config_read_problem(r, &m->address, NULL,
				"expected an address of its own, got %s of %s%s too",
				addr_text(&m->address.net, ip), o->name,
				o->port == m->port ? "" : ", on another port,");
}

static void check_media(struct config_read *r, const struct config_media *m)
{
	const struct config_engine *e = &r->config->engine;
	const struct addr *net = &m->address.net;
	char ip[ADDR_TEXT_MAX];
	if (net->family == ADDR_NONE)
		return;
	if (m->address.bits == 0)
		config_read_problem(
			r, &m->address, NULL, "expected a prefix length of at least 1, got 0");
	if (m->rtp_max > 0 && (m->rtp_max - m->rtp_min + 1u) / 2 < e->workers)
		config_read_problem(r, &m->rtp_min, NULL,
			"expected two ports for each worker (%u) at least, got %u-%u", e->workers,
			m->rtp_min, m->rtp_max);
	if (!unicast(net))
		config_read_problem(r, &m->address, NULL, "expected a unicast address, got %s",
			addr_text(net, ip));
	if (m->external.family != ADDR_NONE && m->external.family != net->family)
		config_read_problem(r, &m->external, NULL,
			"expected an IPv%u address like the one it stands for, got %s", net->family,
			addr_text(&m->external, ip));
	check_gateway(r, m);
	check_host_net(r, m, &e->ports[m->port]);
	check_same(r, m);
}

static void check_sessions(struct config_read *r)
{
	const struct config_engine *e = &r->config->engine;
	unsigned room = 0;
	for (unsigned i = 0; i < e->media_count; i++)
		if (e->media[i].rtp_max > 0)
			room += (e->media[i].rtp_max - e->media[i].rtp_min + 1u) / 2;
	if (room > 0 && e->sessions > room)
		config_read_problem(r, &e->sessions, NULL,
			"expected at most %u, two ports each on %u media address%s, got %u", room,
			e->media_count, e->media_count == 1 ? "" : "es", e->sessions);
	if (e->sessions > 0 && e->sessions < e->workers)
		config_read_problem(r, &e->sessions, NULL,
			"expected at least one for each worker (%u), got %u", e->workers,
			e->sessions);
}

static void check_cores(struct config_read *r)
{
	const struct config_engine *e = &r->config->engine;
	if (e->core_count > 0 && e->workers > 0 && e->core_count != e->workers)
		config_read_problem(r, &e->core_count, NULL,
			"expected as many cores as workers (%u), got %u", e->workers,
			e->core_count);
	for (unsigned i = 0; i < e->core_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (e->cores[i] == e->cores[j])
				config_read_problem(r, &e->cores[i], NULL,
					"expected each core once, got %d again", e->cores[i]);
}

static void check_limits(struct config_read *r)
{
	const struct config_engine *e = &r->config->engine;
	if (e->port_count == 0)
		config_read_problem(r, &e->ports, NULL, "expected at least one port, got none");
	if (e->media_count == 0)
		config_read_problem(
			r, &e->media, NULL, "expected at least one media address, got none");
	if (e->port_count > PORTS_MAX)
		config_read_problem(r, &e->ports, NULL, "expected at most %u ports, got %u",
			PORTS_MAX, e->port_count);
	if (e->media_count > MEDIA_MAX)
		config_read_problem(r, &e->media, NULL,
			"expected at most %u media addresses, got %u", MEDIA_MAX, e->media_count);
	if (e->jitter_min_ms > e->jitter_max_ms)
		config_read_problem(r, &e->jitter_min_ms, NULL,
			"expected at most jitter_max (%ums), got %ums", e->jitter_max_ms,
			e->jitter_min_ms);
}

// A conference is one mixing bridge.
static void check_mixers(struct config_read *r)
{
	const struct config *c = r->config;
	for (unsigned i = 0; i < c->conference_count; i++) {
		const struct config_conference *o = &c->conferences[i];
		if (o->parties_max > c->engine.mixer_parties && c->engine.mixer_parties > 0)
			config_read_problem(r, &o->parties_max, NULL,
				"expected at most engine.mixer_parties (%u), got %u",
				c->engine.mixer_parties, o->parties_max);
	}
	if (c->engine.mixed_parties > 0 && c->engine.mixed_parties < c->engine.mixer_parties)
		config_read_problem(r, &c->engine.mixed_parties, NULL,
			"expected 0 or at least mixer_parties (%u), got %u",
			c->engine.mixer_parties, c->engine.mixed_parties);
}

void config_check_engine(struct config_read *r)
{
	check_limits(r);
	check_ports(r);
	for (unsigned i = 0; i < r->config->engine.media_count; i++)
		check_media(r, &r->config->engine.media[i]);
	check_sessions(r);
	check_mixers(r);
	check_cores(r);
}
