// Classification of a received frame: whose it is and where its parts lie, or the reason to drop
// it. Bytes in, verdict out: no mbuf, no state but the map of our addresses.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/net/wire.h"
#include "engine/path.h"

// Verdicts other than enum path_drop.
enum rx_kind { RX_UDP = -1, RX_ARP = -2, RX_ND = -3, RX_PING4 = -4, RX_PING6 = -5 };

struct rx_map { // media addresses of one port
	uint8_t mac[6];
	// The sender's kernel may have left the UDP checksum to hardware that a virtual link does
	// not have (CHECKSUM_PARTIAL): accept one that covers only the pseudo header.
	bool partial_checksums;
	bool group_macs; // has IPv6 addresses, which are asked for by multicast
	unsigned count4, count6;
	struct {
		uint8_t ip[4];
		uint16_t vlan, rtp_min, rtp_max;
		uint8_t media;
	} ip4[MEDIA_MAX];
	struct {
		uint8_t ip[16];
		uint16_t vlan, rtp_min, rtp_max;
		uint8_t media;
	} ip6[MEDIA_MAX];
};

struct rx_hit {
	uint16_t l3, l4; // offsets of the IP (or ARP) and the UDP (or ICMP) header
	uint16_t len;	 // RX_UDP: payload behind the UDP header; else bytes from l4 on
	uint16_t port;	 // RX_UDP: destination
	uint8_t media;
	bool ip6;
};

// The addresses of config's medium that lie on this port.
void rx_map_init(struct rx_map *map, const struct engine_config *config, unsigned port,
	const uint8_t mac[6]);
// The checksum of UDP is not looked at: see rx_checksum_good.
int rx_parse(const struct rx_map *map, const uint8_t *frame, uint32_t len, struct rx_hit *hit);
// Of a frame that rx_parse called RX_UDP. Apart from it, because a packet that goes on as it came
// takes its checksum along (wire_sum_rest): an error on its way here is then seen by the far end.
// Whatever of a packet the engine makes use of itself has to pass this first.
bool rx_checksum_good(const struct rx_map *map, const uint8_t *frame, const struct rx_hit *hit);
// Whether the field holds no more than the sum of the pseudo header, as between virtual machines.
static inline bool rx_checksum_partial(const struct rx_map *map, uint16_t stored, uint64_t pseudo)
{
	return map->partial_checksums && stored == wire_fold(pseudo);
}
// Source and destination, one after the other.
static inline const uint8_t *rx_ips(const uint8_t *frame, const struct rx_hit *hit)
{
	return frame + hit->l3 + (hit->ip6 ? 8 : 12);
}

// The UDP sender of a frame that rx_parse called RX_UDP.
void rx_sender(const uint8_t *frame, const struct rx_hit *hit, struct addr *out);
