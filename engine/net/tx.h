// Sending: a session asks for room in a frame towards one of its destinations, writes RTP or
// RTCP into it and commits. Ethernet, VLAN, IP and UDP headers are kept ready per destination
// and rebuilt only when the destination or its neighbour changes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/net/wire.h"
#include "engine/worker.h"

struct rx_frame; // net/rx_udp.h

#define TX_HEAD_MAX    WIRE_HEAD
#define TX_HEAD_SHORT  44 // whole words; with IPv4 and no VLAN tag it is 42
#define TX_PAYLOAD_MAX (WIRE_MAX - TX_HEAD_MAX)

// One destination, embedded in its session (RTP and RTCP each have one). With IPv4 and no VLAN tag
// all that a packet needs is in the first 64 bytes.
struct tx_path {
	uint32_t neigh;		   // index of its next hop in the worker's neighbour table
	uint32_t neigh_generation; // of that entry when head was built; 0: none was
	uint32_t ip_sum, udp_sum;  // checksums of the head without lengths
	uint16_t from_port;	   // our UDP port
	uint8_t media;		   // our media address
	uint8_t head_len;
	uint8_t head[TX_HEAD_MAX]; // Ethernet to UDP, lengths and checksums left open
	struct addr to;
};

void tx_path_set(struct tx_path *p, uint8_t media, uint16_t from_port, const struct addr *to);
// Room for up to max bytes of UDP payload (max ≤ TX_PAYLOAD_MAX); NULL, counted in tx_drops,
// when no mbuf is free or there is no way to the destination. While the next hop's link address
// is being asked for, a few packets are parked and go out with its answer.
uint8_t *tx_room(struct worker *w, struct tx_path *p, uint32_t max);
void tx_commit(struct worker *w, struct tx_path *p, uint32_t len); // of the last tx_room

// A received frame that is sent on, with what it carries where it lies: only headers are written.
struct tx_forward {
	struct rx_frame *frame;
	uint8_t *payload; // of UDP, TX_HEAD_MAX bytes or more behind the start of the buffer
	uint32_t len;	  // of it
	uint64_t sum;	  // of it and twice of the length in UDP's header, as wire_sum says
};

// Whether tx_forward may be called: the next hop is known.
bool tx_may_forward(struct worker *w, const struct tx_path *p);
void tx_forward(struct worker *w, struct tx_path *p, const struct tx_forward *f); // takes the frame

// --- called by the engine's own stages ---
struct port;
struct rte_mbuf;
struct rte_mempool;
int tx_new(struct port *ports, struct rte_mempool *pool, struct tx **out);
void tx_free(struct tx *t);
void tx_mbuf(struct worker *w, unsigned port, struct rte_mbuf *m);   // a whole frame; takes it over
void tx_handed(struct worker *w, unsigned port, struct rte_mbuf *m); // by a worker without queue
void tx_announce(struct worker *w);				     // our addresses, to everyone
void tx_neigh_poll(struct worker *w);		       // each millisecond: questions that are due
void tx_neigh_heard(struct worker *w, uint32_t neigh); // sends what was parked for it
void tx_flush(struct worker *w); // sends what is queued: worker_poll does it at the end of a turn
