// UDP sockets of a load: kernel timestamps, big buffers, bursts of packets in one call.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "engine/base/addr.h"

#define SOCKET_BURST	  64
#define SOCKET_PACKET_MAX 2048

struct socket_packet {
	const uint8_t *data;
	uint32_t len;
	uint64_t at_ns; // when the kernel had it, of the monotonic clock
	struct addr from;
};

typedef void socket_packet_h(void *arg, const struct socket_packet *packet);

struct socket_inbox; // buffers for one burst; shared by all sockets

struct socket_inbox *socket_inbox_new(void);
void socket_inbox_free(struct socket_inbox *in);

int socket_open(const struct addr *local); // descriptor or -errno
// Hands what waits, a burst at most, to the handler; returns how many, SOCKET_BURST: more may wait.
unsigned socket_receive(int fd, struct socket_inbox *in, socket_packet_h *h, void *arg);
uint64_t socket_dropped(const struct socket_inbox *in); // by the kernel: buffers were full

bool socket_addr_from(const struct sockaddr *s, struct addr *out);
socklen_t socket_addr_to(const struct addr *a, struct sockaddr_storage *out);
