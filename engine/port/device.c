// A DPDK device by the kind of port.
#include "engine/port/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "engine/base/str.h"
#include "engine/port/holder.h"

#define DEVICE_ARGS_MAX 512

static int fail(char error[ENGINE_ERROR_MAX], int rc, const struct engine_port *p, const char *why)
{
	str_format(error, ENGINE_ERROR_MAX, "port %s: %s", p->name, why);
	return rc;
}

// --- what has to be true first ---

static bool have_capability_start(unsigned capability)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &head, data) < 0)
		return true; // then the driver will tell
	return data[capability / 32].effective >> capability % 32 & 1;
}

static int tap_check_start(const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	char why[200], holder[PORT_HOLDER_MAX];
	unsigned features;
	bool tun;
	int fd;

	if (!have_capability_start(CAP_NET_ADMIN))
		return fail(error, -EPERM, p,
			"a tap interface needs root or CAP_NET_ADMIN: start as root");
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(error, -ENODEV, p,
			"/dev/net/tun cannot be opened: load the tun module (modprobe tun), or "
			"give the container --device /dev/net/tun");
	tun = ioctl(fd, TUNGETFEATURES, &features) == 0;
	close(fd);
	if (!tun)
		return fail(error, -ENODEV, p,
			"/dev/net/tun is something else: make it again (mknod /dev/net/tun c 10 "
			"200)");
	if (strlen(p->device) >= IFNAMSIZ)
		return fail(error, -ENAMETOOLONG, p,
			"the name of its interface is longer than 15 characters: shorten it");
	if (if_nametoindex(p->device) == 0)
		return 0;
	if (port_tap_holder(p->device, holder))
		str_format(why, sizeof(why),
			"interface %s is held by %s: stop it, or choose another name", p->device,
			holder);
	else
		str_format(why, sizeof(why),
			"an interface %s is there already: choose another name, or remove it "
			"(ip link del %s)",
			p->device, p->device);
	return fail(error, -EEXIST, p, why);
}

static int interface_check_start(const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	char why[200];

	if (!have_capability_start(CAP_NET_RAW) || !have_capability_start(CAP_NET_ADMIN))
		return fail(error, -EPERM, p,
			"using an interface of the host needs root or CAP_NET_RAW and "
			"CAP_NET_ADMIN: start as root");
	if (if_nametoindex(p->device) == 0) {
		str_format(why, sizeof(why),
			"there is no interface %s: choose one that `ip link` shows", p->device);
		return fail(error, -ENODEV, p, why);
	}
	return 0;
}

// By the whole address, or without its domain, as DPDK takes it. What is no address it will tell.
static int pci_check_start(const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	char path[128], why[200];
	size_t len = strspn(p->device, "0123456789abcdefABCDEF:.");
	bool whole = strchr(p->device, ':') != strrchr(p->device, ':');

	if (p->device[len] != '\0' || !strchr(p->device, ':'))
		return 0;
	str_format(
		path, sizeof(path), "/sys/bus/pci/devices/%s%s", whole ? "" : "0000:", p->device);
	if (access("/sys/bus/pci/devices", F_OK) == 0 && access(path, F_OK) == 0)
		return 0;
	str_format(why, sizeof(why), "there is no PCI device %s: choose one that lspci -D shows",
		p->device);
	return fail(error, -ENODEV, p, why);
}

int device_look(const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	switch (p->kind) {
	case PORT_TAP:
		return tap_check_start(p, error);
	case PORT_AF_PACKET:
	case PORT_AF_XDP:
		return interface_check_start(p, error);
	case PORT_PCI:
		return pci_check_start(p, error);
	default:
		return 0;
	}
}

// --- devices ---

static const char *device_driver(enum port_kind kind)
{
	switch (kind) {
	case PORT_TAP:
		return "net_tap";
	case PORT_AF_PACKET:
		return "net_af_packet";
	case PORT_AF_XDP:
		return "net_af_xdp";
	case PORT_RING:
		return "net_ring";
	case PORT_MEMIF:
		return "net_memif";
	default:
		return "net_null";
	}
}

static void device_args(
	struct str_buf *args, const struct device *d, const struct engine_port *p, unsigned queues)
{
	switch (p->kind) {
	case PORT_TAP:
		str_buf_add(args, "iface=%s", p->device);
		break;
	case PORT_AF_PACKET:
		str_buf_add(args, "iface=%s,qpairs=%u", p->device, queues);
		if (!strstr(p->extra, "framecnt="))
			str_buf_add(args, ",blocksz=65536,framesz=2048,framecnt=4096");
		break;
	case PORT_AF_XDP:
		str_buf_add(args, "iface=%s,start_queue=0,queue_count=%u", p->device, queues);
		if (d->xdp.program[0] && !strstr(p->extra, "xdp_prog="))
			str_buf_add(args, ",xdp_prog=%s", d->xdp.program);
		break;
	case PORT_MEMIF:
		str_buf_add(args, "socket=%s", p->device);
		break;
	default:
		str_buf_add(args, "no-rx=%d", p->extra[0] ? 0 : 1);
		break;
	}
	if (p->extra[0])
		str_buf_add(args, ",%s", p->extra);
}

static void device_name(char name[32], const struct engine_port *p, unsigned index)
{
	str_format(name, 32, "%s%u", device_driver(p->kind), index);
}

static int vdev_start(struct device *d, const struct engine_port *p, unsigned index,
	unsigned queues, char error[ENGINE_ERROR_MAX])
{
	char name[32], data[DEVICE_ARGS_MAX];
	struct str_buf args;

	device_name(name, p, index);
	str_buf_init(&args, data, sizeof(data));
	device_args(&args, d, p, queues);
	if (args.cut)
		return fail(error, -E2BIG, p, "its device arguments are too long: shorten extra");
	if (rte_vdev_init(name, data) != 0 || rte_eth_dev_get_port_by_name(name, &d->id) != 0)
		return fail(error, -ENODEV, p,
			"DPDK cannot make its device: look at device and "
			"extra");
	return 0;
}

static int ring_start(struct device *d, const struct engine_port *p, unsigned index,
	unsigned queues, char error[ENGINE_ERROR_MAX])
{
	char name[32];
	int id;

	for (unsigned i = 0; i < queues; i++) {
		str_format(name, sizeof(name), "rh%u-rx%u", index, i);
		d->ring_rx[i] = rte_ring_create(
			name, DEVICE_RING_SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		str_format(name, sizeof(name), "rh%u-tx%u", index, i);
		d->ring_tx[i] = rte_ring_create(
			name, DEVICE_RING_SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!d->ring_rx[i] || !d->ring_tx[i])
			return fail(error, -ENOMEM, p, "no memory for its rings");
	}
	device_name(name, p, index);
	id = rte_eth_from_rings(name, d->ring_rx, queues, d->ring_tx, queues, 0);
	if (id < 0)
		return fail(error, -ENODEV, p, "DPDK cannot make its ring device");
	d->id = (uint16_t)id;
	return 0;
}

static int pci_start(struct device *d, const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	if (rte_eth_dev_get_port_by_name(p->device, &d->id) == 0)
		return 0;
	return fail(error, -ENODEV, p,
		"DPDK does not find its PCI device: bind it to vfio-pci "
		"(dpdk-devbind.py -b vfio-pci ADDRESS) and check its address");
}

static int xdp_start(struct device *d, const struct engine_port *p, unsigned index, unsigned queues,
	char error[ENGINE_ERROR_MAX])
{
	int rc = port_xdp_start(&d->xdp, p, error);

	if (!rc)
		rc = vdev_start(d, p, index, queues, error);
	if (rc)
		port_xdp_stop(&d->xdp);
	return rc;
}

int device_start(struct device *d, const struct engine_port *config, unsigned index,
	unsigned queues, char error[ENGINE_ERROR_MAX])
{
	int rc = device_look(config, error);

	memset(d, 0, sizeof(*d));
	d->xdp.claim = -1;
	if (rc)
		return rc;
	switch (config->kind) {
	case PORT_RING:
		return ring_start(d, config, index, queues, error);
	case PORT_AF_XDP:
		return xdp_start(d, config, index, queues, error);
	case PORT_PCI:
		return pci_start(d, config, error);
	default:
		return vdev_start(d, config, index, queues, error);
	}
}

void device_stop(struct device *d)
{
	rte_eth_dev_close(d->id);
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		rte_ring_free(d->ring_rx[i]);
		rte_ring_free(d->ring_tx[i]);
	}
	port_xdp_stop(&d->xdp); // after the device: it removes the program
}
