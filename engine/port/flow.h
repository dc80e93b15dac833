// Flow rules of a NIC: what is for a worker's UDP ports comes to that worker's queue, so that no
// packet has to be handed from worker to worker.
#pragma once

#include <stdint.h>

struct engine_config;

// The UDP ports whose bits under mask are those of value. NICs match masks more often than ranges.
struct port_block {
	uint16_t value, mask;
};

#define PORT_BLOCKS_MAX 30 // of any range of 16 bits

// The blocks that first … last (both in it) are made of, in order. Returns their number.
unsigned port_blocks(uint16_t first, uint16_t last, struct port_block block[PORT_BLOCKS_MAX]);

// Rules for the media addresses of port number index, a started device that has a queue for each
// worker: all or none, and the log says which. Without them, or where the driver knows none, RSS
// spreads what comes and the workers hand over. Called once, by the thread that starts the engine;
// the rules end with the device.
void port_flow_start(uint16_t device, const struct engine_config *config, unsigned index);
