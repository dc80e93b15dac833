// A port: a DPDK device by any driver, with the queues that the workers share.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/port/xdp.h"

struct gate_port;
struct rte_mempool;
struct rte_ring;

struct port {
	const struct engine_port *config;
	uint16_t id; // DPDK's
	uint16_t queues;
	uint16_t rx_slots, tx_slots; // descriptors of a queue
	bool started;
	uint8_t mac[6];						      // of our media addresses
	struct rte_ring *ring_rx[WORKERS_MAX], *ring_tx[WORKERS_MAX]; // PORT_RING, by queue
	struct port_xdp xdp;					      // PORT_AF_XDP
};

// Queue q is polled and sent from by worker q alone; a worker without a queue of its own hands
// its frames to this one.
static inline unsigned port_sender(const struct port *p, unsigned worker)
{
	return worker % p->queues;
}

const char *port_kind_name(enum port_kind kind);
unsigned port_queues(const struct engine_config *config, unsigned port);
// mbufs that a queue's rings hold.
unsigned port_mbufs(const struct engine_port *config);

// pools: one per worker. On failure returns -errno and writes one sentence.
int port_start(struct port *p, const struct engine_config *config, unsigned index,
	struct rte_mempool *const *pools, char error[ENGINE_ERROR_MAX]);
void port_stop(struct port *p);
// What the device says of itself: its link and its counters.
void port_stats(const struct port *p, struct gate_port *out);
