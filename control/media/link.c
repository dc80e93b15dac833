// The state of the host's interfaces, asked by number: a name that is gone would make the kernel
// look for a module.
#include "control/media/link.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/config/config.h"
#include "engine/bounds.h"

static struct {
	int fd;
	unsigned count;
	unsigned index[PORTS_MAX]; // 0: no interface of the host's
} links = {.fd = -1};

void links_start(const struct config *config)
{
	static const char *const kinds[] = {"tap", "af_packet", "af_xdp"};
	const struct config_engine *e = &config->engine;

	links.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (links.fd < 0) // IPv4 may be switched off
		links.fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	links.count = e->port_count < PORTS_MAX ? e->port_count : PORTS_MAX;
	for (unsigned i = 0; i < links.count; i++) {
		links.index[i] = 0;
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (strcmp(e->ports[i].kind, kinds[k]) == 0)
				links.index[i] = if_nametoindex(e->ports[i].device);
	}
}

void links_stop(void)
{
	if (links.fd >= 0)
		close(links.fd);
	links.fd = -1;
	links.count = 0;
}

bool links_up(unsigned port)
{
	struct ifreq request = {0};

	if (port >= links.count || links.index[port] == 0 || links.fd < 0)
		return true;
	request.ifr_ifindex = (int)links.index[port];
	if (ioctl(links.fd, SIOCGIFNAME, &request) != 0 ||
		ioctl(links.fd, SIOCGIFFLAGS, &request) != 0)
		return false; // it is gone
	return (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
}
