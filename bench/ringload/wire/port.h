// Where the callers' RTP goes out and comes in: UDP sockets or a DPDK port, alike from here.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/ringload/wire/socket.h"
#include "engine/net/tx.h"

struct profile;

struct media_path { // from a UDP port of ours, rtp_port + 2 * line, to a far end
	struct addr to;
	uint16_t line;
	struct tx_path tx; // a DPDK port's: the head that all packets share
};

struct media_packet { // to be sent; head and body lie apart, so that a sound is sent from its place
	uint8_t head[64];
	uint32_t head_len, body_len;
	const uint8_t *body;
};

// Who receives. A burst is first found and then heard, so that what is found can be fetched.
struct media_ear {
	void *arg;
	void *(*find)(void *arg, uint16_t line, const struct addr *from);
	void (*hear)(void *arg, void *found, const struct socket_packet *packet);
};

struct media_port;

struct media_driver {
	// Queues a packet; it is gone at the latest after flush.
	void (*send)(struct media_port *m, struct media_path *path, const struct media_packet *p);
	void (*flush)(struct media_port *m);
	// Hands on what waits, within bounds; returns how many.
	unsigned (*receive)(struct media_port *m, const struct media_ear *ear);
	void (*turn)(struct media_port *m, uint64_t now_ns); // what is due besides
	void (*close)(struct media_port *m);
	// Asked in short turns: nobody stamps what arrives, and its queues are short.
	bool polled;
};

struct media_port {
	const struct media_driver *driver;
	uint64_t dropped; // packets that found no room on their way in
	uint64_t failed;  // packets that could not be sent
};

// local: address of the sockets. 0, or -errno with a sentence in error.
int media_port_sockets(struct media_port **out, const struct profile *p, const struct addr *local,
	char error[256]);
// The profile's port. DPDK starts once in a process: whoever asks again gets the same one.
int media_port_dpdk(struct media_port **out, const struct profile *p, char error[256]);

static inline void media_path_init(struct media_path *path, const struct addr *to)
{
	path->to = *to;
	path->tx.to.family = ADDR_NONE;
}
