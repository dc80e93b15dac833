// What came, as its session gets it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

struct rx_frame; // of a packet that came: DPDK's mbuf, as which rx_mbuf.h alone sees it
struct rx_hit;
struct rx_map;

// An arrived UDP payload. Nothing of it may be kept: the frame goes back to its pool.
struct rx_udp {
	uint8_t *data; // may be altered in place
	uint32_t len;
	struct addr from; // filled in by session_receive where hit is given
	uint8_t media;
	bool rtcp_port;		  // came to the odd port
	struct rx_frame *frame;	  // its frame, if it may be sent on; NULL: not, or it was
	const struct rx_hit *hit; // where it lies in the frame
	const struct rx_map *map; // NULL: its checksum is known to be right
};

#define SESSION_DELIVERED (-1)
