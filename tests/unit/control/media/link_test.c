// Links of the host, in a network of the test's own.
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/media/link.h"
#include "engine/base/str.h"

static void set_up(const char *interface, bool up)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	str_copy(request.ifr_name, sizeof(request.ifr_name), interface);
	ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static int tap(const char *interface)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	str_copy(request.ifr_name, sizeof(request.ifr_name), interface);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

START_TEST(a_link_goes_and_comes)
{
	struct config_port ports[] = {
		{.name = "none", .kind = "ring", .device = "lo"},
		{.name = "wire", .kind = "af_packet", .device = "lo"},
		{.name = "tap", .kind = "tap", .device = "rhlink0"},
	};
	struct links links;
	struct config config = {.engine = {.ports = ports, .port_count = 3}};

	if (unshare(CLONE_NEWNET) != 0)
		return; // not for us to do
	int fd = tap("rhlink0");
	links_init(&links, &config);
	ck_assert(links_up(&links, 0)); // a ring has no link, whatever its device is called
	ck_assert(!links_up(&links, 1));
	set_up("lo", true);
	ck_assert(links_up(&links, 1));
	set_up("lo", false);
	ck_assert(!links_up(&links, 1));
	if (fd >= 0) {
		ck_assert(!links_up(&links, 2));
		set_up("rhlink0", true);
		ck_assert(links_up(&links, 2));
		close(fd); // its holder is gone, and so is the interface
		ck_assert(!links_up(&links, 2));
	}
	ck_assert(links_up(&links, 3)); // nobody's
	links_fini(&links);
	ck_assert(links_up(&links, 1));
}
END_TEST

UNIT_MAIN("link", a_link_goes_and_comes)
