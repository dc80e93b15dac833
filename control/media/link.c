// The state of the host's interfaces, asked by number: a name that is gone would make the kernel
// look for a module.
#include "control/media/link.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/config/config.h"

void links_init(struct links *l, const struct config *config)
{
	static const char *const kinds[] = {"tap", "af_packet", "af_xdp"};
	const struct config_engine *e = &config->engine;

	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0) // IPv4 may be switched off
		l->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	l->count = e->port_count < PORTS_MAX ? e->port_count : PORTS_MAX;
	for (unsigned i = 0; i < l->count; i++) {
		l->index[i] = 0;
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (strcmp(e->ports[i].kind, kinds[k]) == 0)
				l->index[i] = if_nametoindex(e->ports[i].device);
	}
}

void links_fini(struct links *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->count = 0;
}

bool links_up(const struct links *l, unsigned port)
{
	struct ifreq request = {0};

	if (port >= l->count || l->index[port] == 0 || l->fd < 0)
		return true;
	request.ifr_ifindex = (int)l->index[port];
	if (ioctl(l->fd, SIOCGIFNAME, &request) != 0 || ioctl(l->fd, SIOCGIFFLAGS, &request) != 0)
		return false; // it is gone
	return (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
}
