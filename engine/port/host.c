// The kernel's end of a port: up, with its address and prefix.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/str.h"
#include "engine/port/device.h"

#define HOST_QUEUE 10000 // packets from the kernel towards a tap

static int host_up_start(int fd, const char *interface)
{
	struct ifreq request = {0};

	str_copy(request.ifr_name, sizeof(request.ifr_name), interface);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	if (request.ifr_flags & IFF_UP)
		return 0;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

// The kernel drops what a worker that the host holds up does not fetch in time; its own 1000
// packets are 100 ms of 200 calls. A longer queue is no harm: only then is it ever used.
static int host_queue_start(int fd, const char *interface)
{
	struct ifreq request = {.ifr_qlen = HOST_QUEUE};

	str_copy(request.ifr_name, sizeof(request.ifr_name), interface);
	return ioctl(fd, SIOCSIFTXQLEN, &request) < 0 ? -errno : 0;
}

static int host_ip4_start(int fd, const struct engine_port *p)
{
	struct ifreq request = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};

	str_copy(request.ifr_name, sizeof(request.ifr_name), p->device);
	memcpy(&in.sin_addr, p->host_ip.ip, 4);
	memcpy(&request.ifr_addr, &in, sizeof(in));
	if (ioctl(fd, SIOCSIFADDR, &request) < 0)
		return -errno;
	in.sin_addr.s_addr = htonl(p->host_bits ? 0xffffffffu << (32 - p->host_bits) : 0);
	memcpy(&request.ifr_netmask, &in, sizeof(in));
	return ioctl(fd, SIOCSIFNETMASK, &request) < 0 ? -errno : 0;
}

static int host_ip6_start(int fd, const struct engine_port *p)
{
	struct in6_ifreq request = {
		.ifr6_prefixlen = p->host_bits, .ifr6_ifindex = (int)if_nametoindex(p->device)};

	memcpy(&request.ifr6_addr, p->host_ip.ip, 16);
	return ioctl(fd, SIOCSIFADDR, &request) < 0 && errno != EEXIST ? -errno : 0;
}

int device_host_start(const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	bool ip6 = p->host_ip.family == ADDR_IP6;
	int fd, rc = 0;

	if (p->kind != PORT_TAP && p->kind != PORT_AF_PACKET && p->kind != PORT_AF_XDP)
		return 0;
	fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		rc = -errno;
	if (!rc)
		rc = host_up_start(fd, p->device);
	if (!rc && p->kind == PORT_TAP)
		rc = host_queue_start(fd, p->device);
	if (!rc && p->kind == PORT_TAP && p->host_ip.family)
		rc = ip6 ? host_ip6_start(fd, p) : host_ip4_start(fd, p);
	if (fd >= 0)
		close(fd);
	if (rc)
		str_format(error, ENGINE_ERROR_MAX,
			"port %s: interface %s cannot be set up with its host address (%s): check "
			"host_ip and that this IP version is not disabled",
			p->name, p->device, strerror(-rc));
	return rc;
}
