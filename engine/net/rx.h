// Receiving: bursts from the worker's queues, what it means, and whose it is. Sessions are found
// and given what is theirs by deliver.c.
#pragma once

#include "engine/net/rx_parse.h"
#include "engine/worker.h"

struct port;
struct rx_frame; // net/rx_udp.h
struct session;

struct rx_packet {		 // of a burst
	struct rx_frame *frame;	 // NULL: gone to somebody else
	struct session *session; // the reader's
	const struct rx_map *map;
	int verdict; // enum path_drop or enum rx_kind
	uint8_t port;
	struct rx_hit hit;
};

int rx_new(const struct engine_config *config, const struct port *ports, struct rx **out);
void rx_free(struct rx *r);
const struct rx_map *rx_port_map(const struct worker *w, unsigned port); // its media addresses

// The next burst of a port's queue, in *out until the next call: counted, and told what it is. What
// another worker owns was handed to it. 0: there is none, or the worker has no queue there.
unsigned rx_burst(struct worker *w, unsigned port, struct rx_packet **out);
// The same of what other workers handed over: RX_UDP alone. Returns how much was taken, frames to
// be sent and what was heard of neighbours among it.
unsigned rx_handed(struct worker *w, struct rx_packet **out, unsigned *packets);
// Of any other verdict than RX_UDP: what is to be answered is, all else is dropped.
void rx_answer_other(struct worker *w, struct rx_packet *p);
