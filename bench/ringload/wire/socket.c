// recvmmsg with the kernel's receive times.
#include "bench/ringload/wire/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"

#define BUFFER_BYTES (32 << 20)

struct socket_inbox {
	struct mmsghdr message[SOCKET_BURST];
	struct iovec part[SOCKET_BURST];
	struct sockaddr_storage from[SOCKET_BURST];
	uint8_t data[SOCKET_BURST][SOCKET_PACKET_MAX];
	_Alignas(16) uint8_t control[SOCKET_BURST][128];
	uint64_t dropped;
	uint32_t dropped_of[1024]; // the kernel's counter of each descriptor
};

struct socket_inbox *socket_inbox_new(void)
{
	return calloc(1, sizeof(struct socket_inbox));
}

void socket_inbox_free(struct socket_inbox *in)
{
	free(in);
}

uint64_t socket_dropped(const struct socket_inbox *in)
{
	return in->dropped;
}

bool socket_addr_from(const struct sockaddr *s, struct addr *out)
{
	*out = (struct addr){0};
	if (s->sa_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)s;

		out->family = ADDR_IP4;
		out->port = ntohs(four->sin_port);
		memcpy(out->ip, &four->sin_addr, 4);
	} else if (s->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)s;

		out->family = ADDR_IP6;
		out->port = ntohs(six->sin6_port);
		memcpy(out->ip, &six->sin6_addr, 16);
	}
	return out->family != ADDR_NONE;
}

socklen_t socket_addr_to(const struct addr *a, struct sockaddr_storage *out)
{
	if (a->family == ADDR_IP4) {
		struct sockaddr_in *four = (void *)out;

		*four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(a->port)};
		memcpy(&four->sin_addr, a->ip, 4);
		return sizeof(*four);
	}
	struct sockaddr_in6 *six = (void *)out;

	*six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
	memcpy(&six->sin6_addr, a->ip, 16);
	return sizeof(*six);
}

int socket_open(const struct addr *local)
{
	struct sockaddr_storage name;
	socklen_t len = socket_addr_to(local, &name);
	int on = 1, bytes = BUFFER_BYTES;
	int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&name, len)) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

// The kernel stamps by the wall clock; offset_ns brings that to the monotonic one.
static uint64_t socket_time(
	struct socket_inbox *in, int fd, struct msghdr *m, uint64_t now_ns, int64_t offset_ns)
{
	uint64_t at_ns = now_ns;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec t;

			memcpy(&t, CMSG_DATA(c), sizeof(t));
			at_ns = (uint64_t)((int64_t)t.tv_sec * (int64_t)NS_PER_S + t.tv_nsec +
				offset_ns);
		} else if (c->cmsg_type == SO_RXQ_OVFL && fd < 1024) {
			uint32_t dropped;

			memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
			in->dropped += dropped - in->dropped_of[fd];
			in->dropped_of[fd] = dropped;
		}
	}
	return at_ns < now_ns ? at_ns : now_ns;
}

static void inbox_prepare(struct socket_inbox *in)
{
	for (unsigned i = 0; i < SOCKET_BURST; i++) {
		in->part[i] = (struct iovec){in->data[i], SOCKET_PACKET_MAX - 1};
		in->message[i].msg_hdr = (struct msghdr){.msg_name = &in->from[i],
			.msg_namelen = sizeof(in->from[i]),
			.msg_iov = &in->part[i],
			.msg_iovlen = 1,
			.msg_control = in->control[i],
			.msg_controllen = sizeof(in->control[i])};
	}
}

unsigned socket_receive(int fd, struct socket_inbox *in, socket_packet_h *h, void *arg)
{
	inbox_prepare(in);
	int n = recvmmsg(fd, in->message, SOCKET_BURST, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return 0;
	uint64_t now_ns = clock_mono_ns();
	int64_t offset_ns = (int64_t)(now_ns - clock_wall_ns());
	for (int i = 0; i < n; i++) {
		struct socket_packet p = {.data = in->data[i], .len = in->message[i].msg_len};

		p.at_ns = socket_time(in, fd, &in->message[i].msg_hdr, now_ns, offset_ns);
		in->data[i][p.len] = 0; // SIP is read as text
		if (socket_addr_from((struct sockaddr *)&in->from[i], &p.from))
			h(arg, &p);
	}
	return (unsigned)n;
}
