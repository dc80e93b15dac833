// Judges a target by the namespace's routes and interfaces.
#include "bench/ringload/wire/guard.h"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/ringload/wire/socket.h"
#include "engine/base/addr.h"
#include "engine/base/str.h"

static bool guard_is_own(const struct addr *target)
{
	struct ifaddrs *all;
	bool own = false;

	if (getifaddrs(&all))
		return false;
	for (struct ifaddrs *i = all; i && !own; i = i->ifa_next) {
		struct addr a;

		own = i->ifa_addr && socket_addr_from(i->ifa_addr, &a) && addr_same_ip(&a, target);
	}
	freeifaddrs(all);
	return own;
}

static bool guard_is_loopback(const struct addr *a)
{
	static const uint8_t six[16] = {[15] = 1};

	return a->family == ADDR_IP4 ? a->ip[0] == 127 : memcmp(a->ip, six, 16) == 0;
}

// A destination of all zeros with a gateway or a device behind it.
static bool guard_default_route(void)
{
	FILE *four = fopen("/proc/net/route", "re"), *six = fopen("/proc/net/ipv6_route", "re");
	char line[256], device[32], target[40];
	unsigned bits;
	bool found = !four;

	while (four && fgets(line, sizeof(line), four))
		if (sscanf(line, "%31s %39s", device, target) == 2 && str_equal(target, "00000000"))
			found = true;
	while (six && fgets(line, sizeof(line), six)) {
		const char *last = strrchr(line, ' ');

		if (sscanf(line, "%39s %x", target, &bits) == 2 && bits == 0 && last &&
			!strstr(last, "lo"))
			found = true;
	}
	if (four)
		fclose(four);
	if (six)
		fclose(six);
	return found;
}

// Interfaces of a bus (PCI, virtio) lead out of the machine; tap, veth and dummy have none.
static bool guard_real_device(void)
{
	struct if_nameindex *all = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = !all || fd < 0;

	for (struct if_nameindex *i = all; i && i->if_name && !found; i++) {
		struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
		struct ifreq request = {.ifr_data = (void *)&info};

		str_copy(request.ifr_name, sizeof(request.ifr_name), i->if_name);
		if (ioctl(fd, SIOCETHTOOL, &request) == 0)
			found = strchr(info.bus_info, ':') || str_starts(info.bus_info, "virtio");
	}
	if (all)
		if_freenameindex(all);
	if (fd >= 0)
		close(fd);
	return found;
}

bool guard_allows(const struct addr *target, const char **why)
{
	*why = NULL;
	if (guard_is_loopback(target) || guard_is_own(target))
		return true;
	if (guard_default_route())
		*why = "this network has a default route";
	else if (guard_real_device())
		*why = "this network has an interface of a real device";
	return *why == NULL;
}
