// What a reload cannot change, because it was built at the start: a restart can.
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"

static void fixed(struct config_read *r, const void *slot, bool same)
{
	if (!same)
		config_read_problem(r, slot, NULL,
			"expected what the daemon started with, got a change: it needs a restart");
}

static bool prefix_same(const struct config_prefix *a, const struct config_prefix *b)
{
	return a->bits == b->bits && addr_same_ip(&a->net, &b->net);
}

static void check_port(
	struct config_read *r, const struct config_port *now, const struct config_port *was)
{
	fixed(r, &now->name, str_equal(now->name, was->name));
	fixed(r, &now->kind, str_equal(now->kind, was->kind));
	fixed(r, &now->device, str_equal(now->device, was->device));
	fixed(r, &now->extra, str_equal(now->extra, was->extra));
	fixed(r, &now->host, prefix_same(&now->host, &was->host));
	fixed(r, &now->queues, now->queues == was->queues);
}

// What SDP says instead of the address may change: it is control's own matter.
static void check_media(
	struct config_read *r, const struct config_media *now, const struct config_media *was)
{
	fixed(r, &now->name, str_equal(now->name, was->name));
	fixed(r, &now->port, now->port == was->port);
	fixed(r, &now->address, prefix_same(&now->address, &was->address));
	fixed(r, &now->gateway, addr_same_ip(&now->gateway, &was->gateway));
	fixed(r, &now->vlan, now->vlan == was->vlan);
	fixed(r, &now->dscp, now->dscp == was->dscp);
	fixed(r, &now->rtp_min, now->rtp_min == was->rtp_min && now->rtp_max == was->rtp_max);
}

static void check_engine(
	struct config_read *r, const struct config_engine *now, const struct config_engine *was)
{
	fixed(r, &now->workers, now->workers == was->workers);
	fixed(r, &now->core_count, memcmp(now->cores, was->cores, sizeof(now->cores)) == 0);
	fixed(r, &now->sessions, now->sessions == was->sessions);
	fixed(r, &now->g722_sessions, now->g722_sessions == was->g722_sessions);
	fixed(r, &now->opus_sessions, now->opus_sessions == was->opus_sessions);
	fixed(r, &now->spin, now->spin == was->spin);
	fixed(r, &now->hugepages, now->hugepages == was->hugepages);
	fixed(r, &now->eal_args, str_equal(now->eal_args, was->eal_args));
	fixed(r, &now->ports, now->port_count == was->port_count);
	fixed(r, &now->media, now->media_count == was->media_count);
	for (unsigned i = 0; i < now->port_count && i < was->port_count; i++)
		check_port(r, &now->ports[i], &was->ports[i]);
	for (unsigned i = 0; i < now->media_count && i < was->media_count; i++)
		check_media(r, &now->media[i], &was->media[i]);
}

static bool listen_same(const struct config_sip *now, const struct config_sip *was)
{
	if (now->listen_count != was->listen_count)
		return false;
	for (unsigned i = 0; i < now->listen_count; i++)
		if (now->listen[i].tcp != was->listen[i].tcp ||
			!addr_equal(&now->listen[i].address, &was->listen[i].address))
			return false;
	return true;
}

void config_check_reload(struct config_read *r, const struct config *was)
{
	const struct config *now = r->config;
	fixed(r, &now->node, str_equal(now->node, was->node));
	check_engine(r, &now->engine, &was->engine);
	fixed(r, &now->sip.listen_count, listen_same(&now->sip, &was->sip));
	fixed(r, &now->recording.directory,
		str_equal(now->recording.directory, was->recording.directory));
	fixed(r, &now->recording.calls_max, now->recording.calls_max == was->recording.calls_max);
	fixed(r, &now->store.directory, str_equal(now->store.directory, was->store.directory));
	fixed(r, &now->control.socket, str_equal(now->control.socket, was->control.socket));
	fixed(r, &now->control.user, str_equal(now->control.user, was->control.user));
	fixed(r, &now->control.group, str_equal(now->control.group, was->control.group));
}
