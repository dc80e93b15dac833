// Rings between workers, one for each ordered pair: packets for the owner of their session,
// frames for the owner of a send queue, and what was heard of neighbours. By value but for the
// mbuf, which changes hands.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ring.h"
#include "engine/bounds.h"

enum hand_kind { HAND_RX = 1, HAND_TX, HAND_NEIGH };

struct hand_item {
	uint8_t kind; // enum hand_kind
	uint8_t port; // HAND_TX: index; HAND_RX: where it came in
	uint8_t media;
	bool ip6;
	uint16_t l3, l4, len, udp_port; // HAND_RX: as in struct rx_hit
	bool question, answer;		// HAND_NEIGH: as in struct neigh_heard
	uint8_t mac[6];
	void *mbuf; // HAND_RX, HAND_TX
	uint8_t ip[16];
};

struct hand { // one worker's ends
	unsigned id, workers;
	unsigned next; // ring that is read first
	struct ring *in[WORKERS_MAX], *out[WORKERS_MAX];
};

int hand_new(unsigned workers, struct hand **out); // an array of one per worker
void hand_free(struct hand *h);			   // the array
bool hand_push(struct hand *h, unsigned to, const struct hand_item *item); // false: full
bool hand_pop(struct hand *h, struct hand_item *out);
