// The engine's part of a check: devices, CPUs, hugepages, and what it would say of its settings.
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "control/config/read.h"
#include "control/check/host.h"
#include "control/node/engine_setup.h"
#include "engine/base/str.h"
#include "engine/engine.h"

static void check_ports(
	struct config_read *r, const struct check_host *h, const struct engine_config *setup)
{
	const struct config_engine *e = &r->config->engine;
	char error[ENGINE_ERROR_MAX];
	for (unsigned i = 0; i < e->port_count; i++) {
		int err = engine_look_port(setup, i, error);
		if (err == -EEXIST && h->beside)
			continue; // the tap of the one that runs
		if (err == -EPERM)
			check_host_say(r, h, &e->ports[i].kind, error);
		else if (err)
			config_read_problem(r, &e->ports[i].device, NULL, "%s", error);
	}
}

// Two stations with one address on a link.
static void check_media(struct config_read *r)
{
	const struct config_engine *e = &r->config->engine;
	char ip[ADDR_TEXT_MAX];
	struct ifaddrs *all;
	if (getifaddrs(&all) != 0)
		return;
	for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct addr a = {0};
		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET) {
			a.family = ADDR_IP4;
			memcpy(a.ip, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, 4);
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			a.family = ADDR_IP6;
			memcpy(a.ip, &((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr, 16);
		}
		for (unsigned m = 0; m < e->media_count && a.family != ADDR_NONE; m++)
			if (addr_same_ip(&e->media[m].address.net, &a))
				config_read_problem(r, &e->media[m].address, NULL,
					"expected an address that the kernel does not have, got "
					"%s, "
					"which is %s's (ip address)",
					addr_text(&a, ip), i->ifa_name);
	}
	freeifaddrs(all);
}

void check_host_engine(struct config_read *r, struct check_host *h)
{
	const struct config_engine *e = &r->config->engine;
	struct engine_config setup = {0}; // some 20 KB
	char error[ENGINE_ERROR_MAX];
	// A port's index may be wrong where its name was.
	if (r->problems->count > 0 && (e->port_count > PORTS_MAX || e->media_count > MEDIA_MAX))
		return;
	if (engine_setup(r->config, &setup, error) != 0)
		return; // a kind that does not exist is told, as are numbers
	if (r->problems->count == 0 && engine_config_check(&setup, error) != 0) {
		config_read_problem(r, &e->media, NULL, "%s", error);
		return;
	}
	if (privilege_raise(&h->privilege, error) != 0) // as the start does for its ports
		return;
	check_ports(r, h, &setup);
	check_media(r);
	if (e->workers > 0 && engine_look_cores(&setup, error) != 0)
		config_read_problem(r, e->core_count ? (const void *)&e->core_count : &e->workers,
			NULL, "%s", error);
	if (!h->beside && engine_look_hugepages(&setup, error) != 0)
		config_read_problem(r, &e->hugepages, NULL, "%s", error);
	privilege_lower(&h->privilege, error);
}
