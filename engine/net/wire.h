// Headers on the wire by offset, in network byte order, and the Internet checksum (RFC 1071).
// Plain bytes: no alignment is asked for, nothing of DPDK.
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/addr.h"

#define WIRE_ETH  14
#define WIRE_VLAN 4
#define WIRE_ARP  28
#define WIRE_IP4  20
#define WIRE_IP6  40
#define WIRE_UDP  8
#define WIRE_HEAD (WIRE_ETH + WIRE_VLAN + WIRE_IP6 + WIRE_UDP) // the longest

enum wire_ethertype {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IP6 = 0x86dd
};

enum wire_protocol { PROTOCOL_ICMP = 1, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };

// Our end of a link, as frames that we send show it.
struct wire_link {
	uint8_t mac[6];
	uint16_t tci; // 802.1Q priority and VLAN; 0: untagged
	struct addr ip;
};

static inline uint16_t wire_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void wire_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

// Sums are kept in memory order, which RFC 1071 allows on any byte order; a part that is not the
// last has an even number of bytes.
static inline uint64_t wire_carry(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word); // the carry comes round
}

static inline uint64_t wire_sum8(uint64_t sum, const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
	return wire_carry(sum, word);
}

static inline uint64_t wire_sum_tail(uint64_t sum, const uint8_t *p, uint32_t len) // up to 15
{
	uint32_t four = 0;
	uint16_t two = 0;

	if (len & 8) {
		sum = wire_sum8(sum, p);
		p += 8;
	}
	if (len & 4) {
		memcpy(&four, p, 4);
		sum = wire_carry(sum, four);
		p += 4;
	}
	if (len & 2) {
		memcpy(&two, p, 2);
		sum = wire_carry(sum, two);
		p += 2;
	}
	if (len & 1) {
		two = 0;
		memcpy(&two, p, 1);
		sum = wire_carry(sum, two);
	}
	return sum;
}

// Of a header.
static inline uint64_t wire_sum(uint64_t sum, const uint8_t *p, uint32_t len)
{
	for (; len >= 16; p += 16, len -= 16)
		sum = wire_sum8(wire_sum8(sum, p), p + 8);
	return wire_sum_tail(sum, p, len);
}

// The same of a whole payload, by the widest vectors of this CPU.
uint64_t wire_sum_payload(uint64_t sum, const uint8_t *p, uint32_t len);

typedef uint64_t wire_summer(uint64_t sum, const uint8_t *p, uint32_t len);
enum wire_summer_kind { WIRE_PLAIN, WIRE_AVX2, WIRE_SUMMERS };
wire_summer *wire_summer_of(enum wire_summer_kind kind); // NULL: not on this CPU

static inline uint64_t wire_sum16(uint64_t sum, uint16_t host)
{
	return wire_carry(sum, htobe16(host));
}

static inline uint16_t wire_fold(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32; // the upper half is now that of both, with the carry
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return (uint16_t)(half >> 16);
}

// Writes the complement; p has to be 0 or left out of the sum.
static inline void wire_put_checksum(uint8_t *p, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~wire_fold(sum);

	memcpy(p, &checksum, 2);
}

// Pseudo header of UDP and ICMPv6 without the length (RFC 768, RFC 8200 section 8.1). ips: source
// and destination, one after the other as in the header.
static inline uint64_t wire_sum_pseudo(const uint8_t *ips, bool ip6, uint8_t protocol)
{
	return wire_sum16(ip6 ? wire_sum(0, ips, 32) : wire_sum(0, ips, 8), protocol);
}

// What is left of a packet with a right checksum when a part is taken from it whose sum is this:
// a packet sums to nothing, in ones' complement (RFC 1624 section 3).
static inline uint64_t wire_sum_rest(uint64_t sum)
{
	return (uint16_t)~wire_fold(sum);
}

// Ethernet header with or without a VLAN tag; returns its length.
static inline uint32_t wire_put_eth(
	uint8_t *frame, const struct wire_link *from, const uint8_t to[6], uint16_t ethertype)
{
	uint32_t at = 12;

	memcpy(frame, to, 6);
	memcpy(frame + 6, from->mac, 6);
	if (from->tci) {
		wire_put16(frame + at, ETHERTYPE_VLAN);
		wire_put16(frame + at + 2, from->tci);
		at += WIRE_VLAN;
	}
	wire_put16(frame + at, ethertype);
	return at + 2;
}
