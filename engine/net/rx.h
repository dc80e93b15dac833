// Receiving: bursts from the worker's queues, what it means, and to whom it goes.
#pragma once

#include "engine/worker.h"

struct hand_item;
struct port;

int rx_new(const struct engine_config *config, struct port *ports, struct rx **out);
void rx_free(struct rx *r);
unsigned rx_poll(struct worker *w);	 // packets received
unsigned rx_hand_poll(struct worker *w); // what other workers handed over
