// A DPDK device by the kind of port: what has to be true of the host first, and its arguments.
#pragma once

#include <stdint.h>

#include "engine/config.h"
#include "engine/port/xdp.h"

struct rte_ring;

struct device {
	uint16_t id; // DPDK's
	struct rte_ring *ring_rx[WORKERS_MAX], *ring_tx[WORKERS_MAX];
	struct port_xdp xdp;
};

#define DEVICE_RING_SLOTS 8192 // of each ring of a PORT_RING

// index: of the port, for DPDK's name. On failure -errno and one sentence that names the cure.
int device_start(struct device *d, const struct engine_port *config, unsigned index,
	unsigned queues, char error[ENGINE_ERROR_MAX]);
// What device_start asks of the host before it makes anything.
int device_look(const struct engine_port *config, char error[ENGINE_ERROR_MAX]);
void device_stop(struct device *d);

// The kernel's end of a device, where there is one: up, with its address and prefix.
int device_host_start(const struct engine_port *config, char error[ENGINE_ERROR_MAX]);
