// Neighbour discovery frames (RFC 4861): solicitations and advertisements. Bytes only.
#pragma once

#include <stdint.h>

#include "engine/net/neigh_arp.h"
#include "engine/net/wire.h"

// Each returns the length of the frame, at most NEIGH_FRAME_MAX. to NULL: to the target's group.
uint32_t nd_question(
	uint8_t *frame, const struct wire_link *our, const uint8_t ip[16], const uint8_t *to);
uint32_t nd_announce(uint8_t *frame, const struct wire_link *our);
// The solicitation at l3 of frame becomes its answer, in place; frame has NEIGH_FRAME_MAX bytes.
uint32_t nd_answer(uint8_t *frame, uint32_t l3, const struct wire_link *our);
// len: of the ICMPv6 message at l4.
void nd_read(const uint8_t *frame, uint32_t l3, uint32_t len, struct neigh_heard *out);
