// Classification of a received frame: Ethernet, VLAN, ARP, IPv4, IPv6, ICMP, ND, UDP.
#include "engine/net/rx_parse.h"

#include <string.h>

#include "engine/net/wire.h"

#define VLAN_MASK  0x0fff
#define IP4_OFFSET 0x3fff // MF and offset: all but "don't fragment"
#define ICMP_ECHO  8
#define ICMP6_ECHO 128
#define ICMP6_NS   135
#define ICMP6_NA   136
#define ND_LEN	   24 // of NS and NA without options
#define ND_HOPS	   255

struct frame {
	const struct rx_map *map;
	const uint8_t *data;
	uint32_t len;
	uint16_t vlan;
	bool group; // to a group MAC
};

void rx_map_init(
	struct rx_map *map, const struct engine_config *config, unsigned port, const uint8_t mac[6])
{
	memset(map, 0, sizeof(*map));
	memcpy(map->mac, mac, 6);
	for (unsigned i = 0; i < config->media; i++) {
		const struct engine_media *m = &config->medium[i];

		if (m->port != port)
			continue;
		if (m->ip.family == ADDR_IP4) {
			unsigned k = map->count4++;

			memcpy(map->ip4[k].ip, m->ip.ip, 4);
			map->ip4[k].vlan = m->vlan;
			map->ip4[k].rtp_min = m->rtp_min;
			map->ip4[k].rtp_max = m->rtp_max;
			map->ip4[k].media = (uint8_t)i;
		} else {
			unsigned k = map->count6++;

			memcpy(map->ip6[k].ip, m->ip.ip, 16);
			map->ip6[k].vlan = m->vlan;
			map->ip6[k].rtp_min = m->rtp_min;
			map->ip6[k].rtp_max = m->rtp_max;
			map->ip6[k].media = (uint8_t)i;
			map->group_macs = true;
		}
	}
}

static bool vlan_is_ours(const struct rx_map *map, uint16_t vlan)
{
	for (unsigned i = 0; i < map->count4; i++)
		if (map->ip4[i].vlan == vlan)
			return true;
	for (unsigned i = 0; i < map->count6; i++)
		if (map->ip6[i].vlan == vlan)
			return true;
	return false;
}

static int ip4_find(const struct frame *f, const uint8_t *ip)
{
	for (unsigned i = 0; i < f->map->count4; i++)
		if (memcmp(f->map->ip4[i].ip, ip, 4) == 0 && f->map->ip4[i].vlan == f->vlan)
			return (int)i;
	return -1;
}

static int ip6_find(const struct frame *f, const uint8_t *ip)
{
	for (unsigned i = 0; i < f->map->count6; i++)
		if (memcmp(f->map->ip6[i].ip, ip, 16) == 0 && f->map->ip6[i].vlan == f->vlan)
			return (int)i;
	return -1;
}

// RFC 826, for Ethernet and IPv4.
static int parse_arp(const struct frame *f, struct rx_hit *hit)
{
	static const uint8_t head[6] = {0, 1, 8, 0, 6, 4};
	const uint8_t *arp = f->data + hit->l3;
	int at;

	if (f->len - hit->l3 < WIRE_ARP)
		return DROP_ETH_SHORT;
	if (memcmp(arp, head, sizeof(head)) != 0 || (wire_get16(arp + 6) - 1u) > 1)
		return DROP_ARP_OTHER;
	at = ip4_find(f, arp + 24);
	// The sender of a frame is never a group, nor we.
	if (at < 0 || (arp[8] & 1) || memcmp(arp + 8, f->map->mac, 6) == 0)
		return DROP_ARP_OTHER;
	hit->media = f->map->ip4[at].media;
	hit->l4 = hit->l3;
	hit->len = WIRE_ARP;
	return RX_ARP;
}

// A first byte as RFC 7983 tells protocols apart.
static int first_byte(uint8_t byte)
{
	if (byte >= 128 && byte < 192)
		return RX_UDP;
	if (byte < 4)
		return DROP_STUN;
	if (byte >= 20 && byte < 64)
		return DROP_DTLS;
	return DROP_NOT_MEDIA;
}

// room: bytes from the UDP header to the end of the IP packet.
static int parse_udp(const struct frame *f, struct rx_hit *hit, uint32_t room)
{
	const uint8_t *udp = f->data + hit->l4;
	uint32_t len;

	if (room < WIRE_UDP)
		return DROP_UDP_HEADER;
	len = wire_get16(udp + 4);
	if (len < WIRE_UDP || len > room || wire_get16(udp) == 0)
		return DROP_UDP_HEADER;
	if (hit->ip6 && wire_get16(udp + 6) == 0) // RFC 8200 section 8.1: IPv6 needs a checksum
		return DROP_UDP_HEADER;
	hit->port = wire_get16(udp + 2);
	hit->len = (uint16_t)(len - WIRE_UDP);
	return len > WIRE_UDP ? first_byte(udp[WIRE_UDP]) : DROP_NOT_MEDIA;
}

// Before the port's range is known to hold sessions nothing else about the payload counts.
static int parse_media(struct rx_hit *hit, int verdict, uint16_t rtp_min, uint16_t rtp_max)
{
	if (verdict == DROP_UDP_HEADER || (hit->port >= rtp_min && hit->port <= rtp_max))
		return verdict;
	return DROP_UDP_PORT;
}

static int parse_icmp4(const struct frame *f, struct rx_hit *hit, uint32_t room)
{
	const uint8_t *icmp = f->data + hit->l4;

	if (room < 8 || wire_fold(wire_sum(0, icmp, room)) != 0xffff)
		return DROP_IP_HEADER;
	hit->len = (uint16_t)room;
	return icmp[0] == ICMP_ECHO && icmp[1] == 0 ? RX_PING4 : DROP_ICMP_OTHER;
}

// Nearly all have no options, so it is of a length that the compiler knows.
static uint64_t ip4_sum(const uint8_t *ip, uint32_t head)
{
	return head == WIRE_IP4 ? wire_sum(0, ip, WIRE_IP4) : wire_sum(0, ip, head);
}

static int parse_ip4(const struct frame *f, struct rx_hit *hit)
{
	const uint8_t *ip = f->data + hit->l3;
	uint32_t room = f->len - hit->l3, head, total;
	int at;

	if (room < WIRE_IP4)
		return DROP_ETH_SHORT;
	head = (ip[0] & 15u) * 4;
	total = wire_get16(ip + 2);
	if (ip[0] >> 4 != 4 || head < WIRE_IP4 || total < head || total > room ||
		wire_fold(ip4_sum(ip, head)) != 0xffff)
		return DROP_IP_HEADER;
	at = ip4_find(f, ip + 16);
	if (at < 0)
		return DROP_IP_OTHER;
	if (f->group || ip[12] >= 0xe0) // from a group, or no address at all
		return DROP_ETH_OTHER;
	if (wire_get16(ip + 6) & IP4_OFFSET)
		return DROP_IP_FRAGMENT;
	hit->media = f->map->ip4[at].media;
	hit->l4 = (uint16_t)(hit->l3 + head);
	if (ip[9] == PROTOCOL_ICMP)
		return parse_icmp4(f, hit, total - head);
	if (ip[9] != PROTOCOL_UDP)
		return DROP_IP_PROTOCOL;
	return parse_media(hit, parse_udp(f, hit, total - head), f->map->ip4[at].rtp_min,
		f->map->ip4[at].rtp_max);
}

// The target's solicited-node group, ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1).
static bool is_solicited_node(const uint8_t *ip, const uint8_t *target)
{
	static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	return memcmp(ip, prefix, 13) == 0 && memcmp(ip + 13, target + 13, 3) == 0;
}

// NS for one of ours, NA to one of ours (RFC 4861 sections 7.1.1 and 7.1.2).
static int parse_nd(const struct frame *f, struct rx_hit *hit, int to)
{
	const uint8_t *ip = f->data + hit->l3, *icmp = f->data + hit->l4;
	int target;

	if (hit->len < ND_LEN || ip[7] != ND_HOPS || icmp[1] != 0 || icmp[8] == 0xff)
		return DROP_ICMP_OTHER;
	if (icmp[0] == ICMP6_NA) {
		if (to < 0)
			return DROP_ICMP_OTHER;
		hit->media = f->map->ip6[to].media;
		return RX_ND;
	}
	target = ip6_find(f, icmp + 8);
	if (target < 0 || (to < 0 && !is_solicited_node(ip + 24, icmp + 8)))
		return DROP_ICMP_OTHER;
	hit->media = f->map->ip6[target].media;
	return RX_ND;
}

// to: index of the media address that is the destination, -1 for a group.
static int parse_icmp6(const struct frame *f, struct rx_hit *hit, int to)
{
	const uint8_t *ip = f->data + hit->l3, *icmp = f->data + hit->l4;
	uint64_t sum;

	if (hit->len < 8)
		return DROP_IP_HEADER;
	sum = wire_sum16(wire_sum_pseudo(ip + 8, true, PROTOCOL_ICMP6), hit->len);
	if (wire_fold(wire_sum(sum, icmp, hit->len)) != 0xffff)
		return DROP_IP_HEADER;
	if (icmp[0] == ICMP6_NS || icmp[0] == ICMP6_NA)
		return parse_nd(f, hit, to);
	if (to < 0 || icmp[0] != ICMP6_ECHO || icmp[1] != 0 || f->group)
		return DROP_ICMP_OTHER;
	hit->media = f->map->ip6[to].media;
	return RX_PING6;
}

// Extension headers are IP_PROTOCOL: media has none, and chains of them only hide things.
static int parse_ip6(const struct frame *f, struct rx_hit *hit)
{
	const uint8_t *ip = f->data + hit->l3;
	uint32_t room = f->len - hit->l3, payload;
	bool group;
	int at;

	if (room < WIRE_IP6)
		return DROP_ETH_SHORT;
	payload = wire_get16(ip + 4);
	if (ip[0] >> 4 != 6 || payload > room - WIRE_IP6 || ip[8] == 0xff)
		return DROP_IP_HEADER;
	at = ip6_find(f, ip + 24);
	group = ip[24] == 0xff && ip[25] == 2 && ip[6] == PROTOCOL_ICMP6;
	if (at < 0 && !group)
		return DROP_IP_OTHER;
	hit->ip6 = true;
	hit->l4 = (uint16_t)(hit->l3 + WIRE_IP6);
	hit->len = (uint16_t)payload;
	if (ip[6] == PROTOCOL_ICMP6)
		return parse_icmp6(f, hit, at);
	if (f->group)
		return DROP_ETH_OTHER;
	if (ip[6] == 44)
		return DROP_IP_FRAGMENT;
	if (ip[6] != PROTOCOL_UDP)
		return DROP_IP_PROTOCOL;
	hit->media = f->map->ip6[at].media;
	return parse_media(
		hit, parse_udp(f, hit, payload), f->map->ip6[at].rtp_min, f->map->ip6[at].rtp_max);
}

int rx_parse(const struct rx_map *map, const uint8_t *frame, uint32_t len, struct rx_hit *hit)
{
	struct frame f = {.map = map, .data = frame, .len = len};
	uint16_t type;

	*hit = (struct rx_hit){.l3 = WIRE_ETH};
	if (len < WIRE_ETH)
		return DROP_ETH_SHORT;
	if (len > WIRE_MAX)
		return DROP_ETH_LONG;
	f.group = frame[0] & 1;
	if (!f.group && memcmp(frame, map->mac, 6) != 0)
		return DROP_ETH_OTHER;
	type = wire_get16(frame + 12);
	if (type == ETHERTYPE_VLAN) {
		if (len < WIRE_ETH + WIRE_VLAN)
			return DROP_ETH_SHORT;
		f.vlan = wire_get16(frame + 14) & VLAN_MASK;
		type = wire_get16(frame + 16);
		hit->l3 += WIRE_VLAN;
	}
	if (!vlan_is_ours(map, f.vlan))
		return DROP_ETH_VLAN;
	switch (type) {
	case ETHERTYPE_IP4:
		return parse_ip4(&f, hit);
	case ETHERTYPE_IP6:
		return parse_ip6(&f, hit);
	case ETHERTYPE_ARP:
		return parse_arp(&f, hit);
	}
	return DROP_ETH_TYPE;
}

bool rx_checksum_good(const struct rx_map *map, const uint8_t *frame, const struct rx_hit *hit)
{
	const uint8_t *udp = frame + hit->l4, *ips = rx_ips(frame, hit);
	uint16_t len = (uint16_t)(hit->len + WIRE_UDP), stored;
	uint64_t sum = wire_sum16(wire_sum_pseudo(ips, hit->ip6, PROTOCOL_UDP), len);

	memcpy(&stored, udp + 6, 2);
	if (stored == 0 || wire_fold(wire_sum_payload(sum, udp, len)) == 0xffff)
		return true;
	return rx_checksum_partial(map, stored, sum);
}

// The address is written in the words that a comparison reads: smaller pieces would have to leave
// the store buffer first.
void rx_sender(const uint8_t *frame, const struct rx_hit *hit, struct addr *out)
{
	const uint8_t *ip = frame + hit->l3;
	uint64_t words[2] = {0, 0};
	uint32_t ip4;

	if (hit->ip6) {
		memcpy(words, ip + 8, 16);
	} else {
		memcpy(&ip4, ip + 12, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		words[0] = (uint64_t)ip4 << 32;
#else
		words[0] = ip4;
#endif
	}
	memcpy(out->ip, &words[0], 8);
	memcpy(out->ip + 8, &words[1], 8);
	out->family = hit->ip6 ? ADDR_IP6 : ADDR_IP4;
	out->pad = 0;
	out->port = wire_get16(frame + hit->l4);
}
