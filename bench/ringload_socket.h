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

// Head and body lie apart, so that a sound is sent from where it stands.
struct socket_outbox {
	struct mmsghdr message[SOCKET_BURST];
	struct iovec part[SOCKET_BURST][2];
	struct sockaddr_storage to[SOCKET_BURST];
	uint8_t head[SOCKET_BURST][64];
	unsigned count;
	int fd;
	uint64_t failed;
};

// Room for a packet from fd; sends what waits for another socket or fills the burst first.
// Returns its head (64 bytes); the lengths and the body are set by socket_out_body. It goes out
// with the burst once count is raised.
uint8_t *socket_out(struct socket_outbox *o, int fd, const struct addr *to);
void socket_out_body(struct socket_outbox *o, size_t head_len, const uint8_t *body, size_t len);
void socket_flush(struct socket_outbox *o);

bool socket_addr_from(const struct sockaddr *s, struct addr *out);
socklen_t socket_addr_to(const struct addr *a, struct sockaddr_storage *out);
