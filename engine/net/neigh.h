// A worker's neighbour table: link addresses of next hops, learnt by ARP and ND. It asks again
// before an entry grows stale, watches the gateways, and is deaf to news that nobody asked for:
// an entry changes by an answer to a question of ours, or, where it is no gateway, by a request
// that was addressed to us.
//
// Bytes and milliseconds: frames to send are asked for by neigh_due and neigh_question.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/net/neigh_arp.h"

#define NEIGH_NONE UINT32_MAX

enum neigh_state {
	NEIGH_FREE,
	NEIGH_ASKING, // link address unknown
	NEIGH_KNOWN,
	NEIGH_PROBING, // known, but a question is out
};

struct neighbour {
	struct addr ip;
	uint32_t generation; // changes with the link address and with the owner of the entry
	uint32_t used_s;     // neigh_seconds
	uint64_t asked_ms, heard_ms;
	uint32_t lost; // times that a gateway stopped answering
	uint8_t state; // enum neigh_state
	uint8_t tries;
	uint8_t media;
	bool gateway, silent; // silent: a gateway that does not answer
	uint8_t mac[6];
};

struct neigh;

// Of 1,024 ms, which no packet has to divide for.
static inline uint32_t neigh_seconds(uint64_t now_ms)
{
	return (uint32_t)(now_ms >> 10);
}

// mac: of each port.
int neigh_new(const struct engine_config *config, const uint8_t (*mac)[6], struct neigh **out);
void neigh_free(struct neigh *n);
const struct wire_link *neigh_link(const struct neigh *n, uint8_t media); // our end

// The next hop towards an address, made if need be; NEIGH_NONE: there is no way to it.
uint32_t neigh_find(struct neigh *n, uint8_t media, const struct addr *to, uint64_t now_ms);
const struct neighbour *neigh_at(const struct neigh *n, uint32_t index);
// Entries that are not used for NEIGH_UNUSED_S are forgotten. False: it is of another generation.
bool neigh_use(struct neigh *n, uint32_t index, uint32_t generation, uint32_t now_s);
// A media address's gateway; NEIGH_NONE: it has none.
uint32_t neigh_gateway(const struct neigh *n, uint8_t media);
uint32_t neigh_count(const struct neigh *n, uint8_t media);

// What a frame said. Returns the entry whose link address is now known, NEIGH_NONE when there
// was nothing to learn.
uint32_t neigh_hear(
	struct neigh *n, uint8_t media, const struct neigh_heard *heard, uint64_t now_ms);

// The next entry that has a question to send now, from a part of the table; NEIGH_NONE: no
// more in this part. The caller sends neigh_question's frame. Each millisecond once to its end.
uint32_t neigh_due(struct neigh *n, uint64_t now_ms);
// True once: an entry that was just made and not asked for yet.
bool neigh_unasked(const struct neigh *n, uint32_t index);
uint32_t neigh_question(
	struct neigh *n, uint32_t index, uint8_t frame[NEIGH_FRAME_MAX], uint64_t now_ms);
