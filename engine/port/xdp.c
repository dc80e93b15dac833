// The XDP program of an af_xdp port, from choosing the file to filling its map of addresses.
#include "engine/port/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/xdp/media_key.h"

LOG_TOPIC("engine");

#define PROGRAM_MAPS_MAX 8
#define EXTRA_PROGRAM	 "xdp_prog="

_Static_assert(MEDIA_KEYS_MAX >= MEDIA_MAX, "the program's map holds every media address");
_Static_assert(sizeof(MEDIA_KEYS_NAME) <= BPF_OBJ_NAME_LEN, "the kernel keeps the whole name");

static int fail(char error[ENGINE_ERROR_MAX], int rc, const struct engine_port *p, const char *why)
{
	str_format(error, ENGINE_ERROR_MAX, "port %s: %s", p->name, why);
	return rc;
}

// --- which program ---

// An address that the host itself is reached by: link-local ones do not count.
static bool host_uses_init(const char *interface)
{
	struct ifaddrs *all, *a;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return true;
	for (a = all; a && !found; a = a->ifa_next) {
		if (!a->ifa_addr || strcmp(a->ifa_name, interface) != 0)
			continue;
		if (a->ifa_addr->sa_family == AF_INET6) {
			struct sockaddr_in6 six;

			memcpy(&six, a->ifa_addr, sizeof(six));
			found = !IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr);
		} else {
			found = a->ifa_addr->sa_family == AF_INET;
		}
	}
	freeifaddrs(all);
	return found;
}

static int program_choose(
	char path[XDP_PATH_MAX], const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	const char *own = strstr(p->extra, EXTRA_PROGRAM);
	char why[XDP_PATH_MAX + 256];

	if (own) {
		own += strlen(EXTRA_PROGRAM);
		str_copy_n(path, XDP_PATH_MAX, own, strcspn(own, ","));
	} else {
		str_copy(path, XDP_PATH_MAX, XDP_PROGRAM);
	}
	if (access(path, R_OK) == 0)
		return 0;
	if (own) {
		str_format(why, sizeof(why),
			"its XDP program %s cannot be read (%s): correct xdp_prog in extra", path,
			strerror(errno));
		return fail(error, -ENOENT, p, why);
	}
	path[0] = '\0';
	if (!host_uses_init(p->device))
		return 0;
	str_format(why, sizeof(why),
		"%s carries an address of the host, and AF_XDP's default program would take all "
		"its traffic: install the media program %s (make install; its build needs "
		"clang-14), name one (extra: xdp_prog=FILE), use af_packet, or an interface of "
		"its own",
		p->device, XDP_PROGRAM);
	return fail(error, -EADDRINUSE, p, why);
}

// --- programs and maps of the kernel ---

struct program {
	uint32_t id, count;
	uint32_t maps[PROGRAM_MAPS_MAX]; // ids
};

static int program_read(int fd, struct program *out)
{
	struct bpf_prog_info info = {
		.nr_map_ids = PROGRAM_MAPS_MAX, .map_ids = (uint64_t)(uintptr_t)out->maps};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) != 0)
		return -errno;
	out->id = info.id;
	out->count = info.nr_map_ids < PROGRAM_MAPS_MAX ? info.nr_map_ids : PROGRAM_MAPS_MAX;
	return 0;
}

// Whether this is the map of media addresses that the program looks into.
static bool program_keys_are(const struct program *program, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) != 0 ||
		strcmp(info.name, MEDIA_KEYS_NAME) != 0 ||
		info.key_size != sizeof(struct media_key))
		return false;
	for (uint32_t i = 0; i < program->count; i++)
		if (program->maps[i] == info.id)
			return true;
	return false;
}

// The next of this process's descriptors of a kind. Asking the kernel for a program or a map by
// its id needs CAP_SYS_ADMIN; the driver keeps both open, so there is no need to.
static int own_fd_next(DIR *fds, const char *kind)
{
	struct dirent *entry;
	char link[32];

	while ((entry = readdir(fds)) != NULL) {
		ssize_t len = readlinkat(dirfd(fds), entry->d_name, link, sizeof(link) - 1);
		uint64_t fd;

		if (len < 0)
			continue;
		link[len] = '\0';
		if (strcmp(link, kind) == 0 && str_u64(entry->d_name, &fd) == 0)
			return (int)fd;
	}
	return -1;
}

static bool own_program_find(uint32_t id, struct program *out)
{
	DIR *fds = opendir("/proc/self/fd");
	bool found = false;
	int fd;

	while (fds && !found && (fd = own_fd_next(fds, "anon_inode:bpf-prog")) >= 0)
		found = program_read(fd, out) == 0 && out->id == id;
	if (fds)
		closedir(fds);
	return found;
}

static int own_keys_find(const struct program *program) // the map's descriptor or -1
{
	DIR *fds = opendir("/proc/self/fd");
	int fd = -1;

	while (fds && (fd = own_fd_next(fds, "anon_inode:bpf-map")) >= 0)
		if (program_keys_are(program, fd))
			break;
	if (fds)
		closedir(fds);
	return fd;
}

// A program of ours in the kernel, whoever loaded it; false, too, if we may not know.
static bool program_is_ours(uint32_t id)
{
	struct program program;
	int fd = bpf_prog_get_fd_by_id(id), map;
	bool ours = false;

	if (fd < 0)
		return false;
	if (program_read(fd, &program) != 0)
		program.count = 0;
	for (uint32_t i = 0; i < program.count && !ours; i++) {
		map = bpf_map_get_fd_by_id(program.maps[i]);
		ours = map >= 0 && program_keys_are(&program, map);
		if (map >= 0)
			close(map);
	}
	close(fd);
	return ours;
}

// --- whose interface ---

// The name is the network namespace's, as the interface is, and the kernel frees it with us.
static int claim_open(unsigned interface)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;
	size_t len;

	if (fd < 0)
		return -errno;
	str_format(name.sun_path + 1, sizeof(name.sun_path) - 1, "ringhall-xdp-%u", interface);
	len = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name.sun_path + 1);
	if (bind(fd, (struct sockaddr *)&name, (socklen_t)len) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int interface_free(
	const struct port_xdp *x, const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	int interface = (int)if_nametoindex(p->device);
	char why[256];
	uint32_t id;

	if (bpf_xdp_query_id(interface, 0, &id) != 0 || id == 0)
		return 0;
	if (program_is_ours(id)) {
		log_warn("an engine that was killed left its XDP program: removing it interface=%s",
			p->device);
		if (bpf_xdp_detach(interface, 0, NULL) == 0)
			return 0;
	}
	if (!x->program[0])
		return 0; // the driver's own may share an interface
	str_format(why, sizeof(why),
		"another XDP program (id %u) is attached to %s: remove it (ip link set dev %s xdp "
		"off), or use another interface",
		id, p->device, p->device);
	return fail(error, -EBUSY, p, why);
}

int port_xdp_start(struct port_xdp *x, const struct engine_port *p, char error[ENGINE_ERROR_MAX])
{
	int rc = program_choose(x->program, p, error);
	char why[128];

	x->claim = -1;
	if (rc)
		return rc;
	x->claim = claim_open(if_nametoindex(p->device));
	if (x->claim < 0) {
		str_format(why, sizeof(why),
			"another engine or port uses %s: stop it, or choose another device",
			p->device);
		return fail(error, x->claim, p, why);
	}
	rc = interface_free(x, p, error);
	if (rc)
		port_xdp_stop(x);
	return rc;
}

void port_xdp_stop(struct port_xdp *x)
{
	if (x->claim >= 0)
		close(x->claim);
	x->claim = -1;
}

// --- what the program knows ---

static int keys_write(int map, const struct engine_config *config, unsigned port)
{
	uint8_t here = 1;

	for (unsigned i = 0; i < config->media; i++) {
		const struct engine_media *m = &config->medium[i];
		struct media_key key = {.vlan = m->vlan, .family = m->ip.family};

		memcpy(key.ip, m->ip.ip, sizeof(key.ip));
		if (m->port == port && bpf_map_update_elem(map, &key, &here, BPF_ANY) != 0)
			return -errno;
	}
	return 0;
}

int port_xdp_addresses_start(const struct port_xdp *x, const struct engine_config *config,
	unsigned port, char error[ENGINE_ERROR_MAX])
{
	const struct engine_port *p = &config->port[port];
	struct program program;
	uint32_t id;
	int map, rc;

	if (!x->program[0])
		return 0;
	if (bpf_xdp_query_id((int)if_nametoindex(p->device), 0, &id) != 0 ||
		!own_program_find(id, &program))
		return fail(error, -ENOENT, p,
			"its XDP program is not on the interface after the start: look for who "
			"else sets one (ip link show)");
	map = own_keys_find(&program);
	if (map < 0)
		return 0;
	rc = keys_write(map, config, port);
	return rc ? fail(error, rc, p, "the kernel refuses its XDP program's addresses") : 0;
}
