// Sending: a session asks for room in a frame towards one of its destinations, writes RTP or
// RTCP into it and commits. Ethernet, VLAN, IP and UDP headers are kept ready per destination
// and rebuilt only when the destination or its neighbour changes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/worker.h"

struct tx_path { // one destination, embedded in its session (RTP and RTCP each have one)
	struct addr to;
	uint16_t from_port;	   // our UDP port
	uint8_t media;		   // our media address
	uint8_t head_len;	   // 0: not resolved yet
	uint8_t head[66];	   // Ethernet to UDP, lengths and checksum left open
	uint32_t neigh_generation; // of the neighbour table when head was built
};

void tx_path_set(struct tx_path *p, uint8_t media, uint16_t from_port, const struct addr *to);
// Room for up to max bytes of UDP payload; NULL when the destination is not resolved (a question
// goes out by itself) or no mbuf is free: both counted in tx_drops.
uint8_t *tx_room(struct worker *w, struct tx_path *p, uint32_t max);
void tx_commit(struct worker *w, struct tx_path *p, uint32_t len); // of the last tx_room
void tx_flush(struct worker *w); // sends what is queued: worker_poll does it at the end of a turn
