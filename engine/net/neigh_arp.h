// ARP frames (RFC 826): questions, answers, announcements. Bytes only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/net/wire.h"

#define NEIGH_FRAME_MAX 96 // the longest frame that ARP or ND builds

struct neigh_heard {	// what a neighbour's frame says of itself
	struct addr ip; // family ADDR_NONE: nothing to learn (a probe for a duplicate address)
	uint8_t mac[6];
	bool question; // wants an answer
	bool answer;   // to a question that we may have asked
};

// Each returns the length of the frame. to NULL: to everyone.
uint32_t arp_question(
	uint8_t *frame, const struct wire_link *our, const uint8_t ip[4], const uint8_t *to);
uint32_t arp_announce(uint8_t *frame, const struct wire_link *our);
// The request at l3 of frame becomes its answer, in place.
uint32_t arp_answer(uint8_t *frame, uint32_t l3, const struct wire_link *our);
void arp_read(const uint8_t *frame, uint32_t l3, struct neigh_heard *out);
