// The engine's settings out of the configuration.
#include "control/node/engine_setup.h"

#include <errno.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "engine/engine.h"

static const struct {
	const char *name;
	enum port_kind kind;
} kinds[] = {
	{"tap", PORT_TAP},
	{"af_packet", PORT_AF_PACKET},
	{"af_xdp", PORT_AF_XDP},
	{"ring", PORT_RING},
	{"null", PORT_NULL},
	{"memif", PORT_MEMIF},
	{"pci", PORT_PCI},
};

static int port_setup(const struct config_port *from, struct engine_port *to, char error[512])
{
	str_copy(to->name, sizeof(to->name), from->name);
	str_copy(to->device, sizeof(to->device), from->device);
	str_copy(to->extra, sizeof(to->extra), from->extra);
	to->host_ip = from->host.net;
	to->host_bits = from->host.bits;
	to->queues = from->queues;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, from->kind) == 0) {
			to->kind = kinds[i].kind;
			return 0;
		}
	}
	str_format(error, 512, "port %s: the engine knows no kind %s", from->name, from->kind);
	return -EINVAL;
}

static void media_setup(const struct config_media *from, struct engine_media *to)
{
	str_copy(to->name, sizeof(to->name), from->name);
	to->port = from->port;
	to->ip = from->address.net;
	to->bits = from->address.bits;
	to->gateway = from->gateway;
	to->vlan = from->vlan;
	to->dscp = from->dscp;
	to->rtp_min = from->rtp_min;
	to->rtp_max = from->rtp_max;
}

int engine_setup(const struct config *config, struct engine_config *out, char error[512])
{
	const struct config_engine *e = &config->engine;
	memset(out, 0, sizeof(*out));
	if (e->port_count > PORTS_MAX || e->media_count > MEDIA_MAX || e->workers > WORKERS_MAX) {
		str_format(error, 512, "at most %d workers, %d ports and %d media addresses",
			WORKERS_MAX, PORTS_MAX, MEDIA_MAX);
		return -EINVAL;
	}
	out->workers = e->workers;
	for (unsigned i = 0; i < e->workers; i++)
		out->cores[i] = i < e->core_count ? e->cores[i] : -1;
	out->sessions = e->sessions;
	memcpy(out->coders, e->coders, sizeof(out->coders));
	out->mix = (struct mix_sizes){
		.mixers = e->mixers, .parties = e->mixer_parties, .mixed = e->mixed_parties};
	out->spin = e->spin;
	out->hugepages = e->hugepages;
	str_copy(out->eal_args, sizeof(out->eal_args), e->eal_args);
	out->ports = e->port_count;
	out->media = e->media_count;
	for (unsigned i = 0; i < e->media_count; i++)
		media_setup(&e->media[i], &out->medium[i]);
	int err = 0;
	for (unsigned i = 0; i < e->port_count && !err; i++)
		err = port_setup(&e->ports[i], &out->port[i], error);
	return err;
}
