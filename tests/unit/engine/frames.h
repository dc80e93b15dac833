// Frames for tests: whole, with right checksums; a test then breaks what it wants broken.
#pragma once

#include <stdint.h>
#include <string.h>

#include "engine/base/addr.h"
#include "engine/net/rx_parse.h"
#include "engine/net/wire.h"

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t far_mac[6] = {2, 0, 0, 0, 0, 9};

static inline struct addr addr_of(const char *text)
{
	struct addr a = {0};

	addr_parse(text, &a);
	return a;
}

static inline struct engine_media medium_of(const char *ip, uint8_t bits, uint16_t vlan)
{
	struct engine_media m = {.ip = addr_of(ip),
		.bits = bits,
		.vlan = vlan,
		.dscp = 46,
		.rtp_min = 20000,
		.rtp_max = 29999};

	return m;
}

static inline struct wire_link link_of(const uint8_t mac[6], const char *ip, uint16_t tci)
{
	struct wire_link l = {.tci = tci, .ip = addr_of(ip)};

	memcpy(l.mac, mac, 6);
	return l;
}

// The IP header, up to where the payload begins; returns its offset.
static inline uint32_t frame_ip(uint8_t *frame, const struct wire_link *from, const struct addr *to,
	uint8_t protocol, uint16_t len)
{
	bool ip6 = to->family == ADDR_IP6;
	uint32_t l3 = wire_put_eth(frame, from, our_mac, ip6 ? ETHERTYPE_IP6 : ETHERTYPE_IP4);
	uint8_t *ip = frame + l3;

	memset(ip, 0, WIRE_IP6);
	if (ip6) {
		ip[0] = 0x60;
		wire_put16(ip + 4, len);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, from->ip.ip, 16);
		memcpy(ip + 24, to->ip, 16);
		return l3 + WIRE_IP6;
	}
	ip[0] = 0x45;
	wire_put16(ip + 2, (uint16_t)(WIRE_IP4 + len));
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, from->ip.ip, 4);
	memcpy(ip + 16, to->ip, 4);
	wire_put_checksum(ip + 10, wire_sum(0, ip, WIRE_IP4));
	return l3 + WIRE_IP4;
}

// from->ip.port and to->port are the UDP ports. Returns the frame's length.
static inline uint32_t frame_udp(uint8_t *frame, const struct wire_link *from,
	const struct addr *to, const void *payload, uint16_t len)
{
	bool ip6 = to->family == ADDR_IP6;
	uint32_t l4 = frame_ip(frame, from, to, PROTOCOL_UDP, (uint16_t)(WIRE_UDP + len));
	uint8_t *udp = frame + l4;
	uint64_t sum = wire_sum_pseudo(udp - (ip6 ? 32 : 8), ip6, PROTOCOL_UDP);

	memset(udp, 0, WIRE_UDP);
	wire_put16(udp, from->ip.port);
	wire_put16(udp + 2, to->port);
	wire_put16(udp + 4, (uint16_t)(WIRE_UDP + len));
	memcpy(udp + WIRE_UDP, payload, len);
	wire_put_checksum(udp + 6,
		wire_sum(wire_sum16(sum, (uint16_t)(WIRE_UDP + len)), udp, WIRE_UDP + len));
	return l4 + WIRE_UDP + len;
}

static inline uint32_t frame_ping(
	uint8_t *frame, const struct wire_link *from, const struct addr *to, uint16_t len)
{
	bool ip6 = to->family == ADDR_IP6;
	uint32_t l4 = frame_ip(
		frame, from, to, ip6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP, (uint16_t)(8 + len));
	uint8_t *icmp = frame + l4;
	uint64_t sum = 0;

	if (ip6)
		sum = wire_sum16(
			wire_sum_pseudo(icmp - 32, true, PROTOCOL_ICMP6), (uint16_t)(8 + len));
	memset(icmp, 0, 8);
	icmp[0] = ip6 ? 128 : 8;
	icmp[5] = 7;
	memset(icmp + 8, 0x61, len);
	wire_put_checksum(icmp + 2, wire_sum(sum, icmp, 8u + len));
	return l4 + 8 + len;
}
