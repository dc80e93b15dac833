// Neighbour discovery frames (RFC 4861).
#include "engine/net/neigh_nd.h"

#include <string.h>

enum { ND_NS = 135, ND_NA = 136 };
enum { ND_OPTION_SOURCE = 1, ND_OPTION_TARGET = 2 };
enum { ND_SOLICITED = 0x40, ND_OVERRIDE = 0x20 }; // flags of an advertisement

#define ND_TARGET  8  // offset of the target address in the message
#define ND_OPTIONS 24 // offset of the options
#define ND_LEN	   32 // message with one link-layer address option
#define ND_HOPS	   255

_Static_assert(WIRE_ETH + WIRE_VLAN + WIRE_IP6 + ND_LEN <= NEIGH_FRAME_MAX, "it fits");

static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
static const uint8_t unspecified[16];

struct nd_message {
	uint8_t type, flags;
	const uint8_t *target, *to; // addresses; `to` is the packet's destination
	const uint8_t *to_mac;	    // NULL: the group's
};

static uint32_t nd_put(uint8_t *frame, const struct wire_link *our, const struct nd_message *m)
{
	uint8_t group_mac[6] = {0x33, 0x33, m->to[12], m->to[13], m->to[14], m->to[15]};
	uint32_t l3 = wire_put_eth(frame, our, m->to_mac ? m->to_mac : group_mac, ETHERTYPE_IP6);
	uint8_t *ip = frame + l3, *icmp = ip + WIRE_IP6;

	memset(ip, 0, WIRE_IP6 + ND_LEN);
	ip[0] = 0x60;
	wire_put16(ip + 4, ND_LEN);
	ip[6] = PROTOCOL_ICMP6;
	ip[7] = ND_HOPS;
	memcpy(ip + 8, our->ip.ip, 16);
	memcpy(ip + 24, m->to, 16);
	icmp[0] = m->type;
	icmp[4] = m->flags;
	memcpy(icmp + ND_TARGET, m->target, 16);
	icmp[ND_OPTIONS] = m->type == ND_NS ? ND_OPTION_SOURCE : ND_OPTION_TARGET;
	icmp[ND_OPTIONS + 1] = 1; // of eight bytes
	memcpy(icmp + ND_OPTIONS + 2, our->mac, 6);
	wire_put_checksum(icmp + 2,
		wire_sum(wire_sum16(wire_sum_pseudo(ip + 8, true, PROTOCOL_ICMP6), ND_LEN), icmp,
			ND_LEN));
	return l3 + WIRE_IP6 + ND_LEN;
}

uint32_t nd_question(
	uint8_t *frame, const struct wire_link *our, const uint8_t ip[16], const uint8_t *to)
{
	uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, ip[13], ip[14], ip[15]};
	struct nd_message m = {.type = ND_NS, .target = ip, .to = to ? ip : group, .to_mac = to};

	return nd_put(frame, our, &m);
}

uint32_t nd_announce(uint8_t *frame, const struct wire_link *our)
{
	struct nd_message m = {
		.type = ND_NA, .flags = ND_OVERRIDE, .target = our->ip.ip, .to = all_nodes};

	return nd_put(frame, our, &m);
}

uint32_t nd_answer(uint8_t *frame, uint32_t l3, const struct wire_link *our)
{
	uint8_t from[16], mac[6];
	struct nd_message m = {.type = ND_NA, .flags = ND_OVERRIDE, .target = our->ip.ip};

	memcpy(from, frame + l3 + 8, 16);
	memcpy(mac, frame + 6, 6);
	if (memcmp(from, unspecified, 16) == 0) { // duplicate address detection: tell all
		m.to = all_nodes;
	} else {
		m.to = from;
		m.to_mac = mac;
		m.flags |= ND_SOLICITED;
	}
	return nd_put(frame, our, &m);
}

// The link-layer address option of this type, or NULL.
static const uint8_t *nd_option(const uint8_t *icmp, uint32_t len, uint8_t type)
{
	uint32_t at = ND_OPTIONS;

	while (at + 8 <= len && icmp[at + 1] != 0) {
		if (icmp[at] == type)
			return icmp + at + 2;
		at += icmp[at + 1] * 8u;
	}
	return NULL;
}

void nd_read(const uint8_t *frame, uint32_t l3, uint32_t len, struct neigh_heard *out)
{
	const uint8_t *ip = frame + l3, *icmp = ip + WIRE_IP6;
	const uint8_t *option;

	*out = (struct neigh_heard){.question = icmp[0] == ND_NS};
	option = nd_option(icmp, len, out->question ? ND_OPTION_SOURCE : ND_OPTION_TARGET);
	if (out->question && (!option || memcmp(ip + 8, unspecified, 16) == 0))
		return;
	// A unicast answer may leave the option out: then the frame's sender is meant.
	memcpy(out->mac, option ? option : frame + 6, 6);
	if (out->mac[0] & 1)
		return;
	out->answer = !out->question && (icmp[4] & ND_SOLICITED);
	out->ip.family = ADDR_IP6;
	memcpy(out->ip.ip, out->question ? ip + 8 : icmp + ND_TARGET, 16);
}
