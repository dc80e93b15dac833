// ARP frames (RFC 826).
#include "engine/net/neigh_arp.h"

#include <string.h>

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

// Offsets within the ARP packet.
enum { ARP_OP = 6, ARP_SHA = 8, ARP_SPA = 14, ARP_THA = 18, ARP_TPA = 24 };

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static uint32_t arp_put(uint8_t *frame, const struct wire_link *our, const uint8_t *to, uint16_t op)
{
	static const uint8_t head[6] = {0, 1, 8, 0, 6, 4};
	uint32_t l3 = wire_put_eth(frame, our, to, ETHERTYPE_ARP);
	uint8_t *arp = frame + l3;

	memcpy(arp, head, sizeof(head));
	wire_put16(arp + ARP_OP, op);
	memcpy(arp + ARP_SHA, our->mac, 6);
	memcpy(arp + ARP_SPA, our->ip.ip, 4);
	memset(arp + ARP_THA, 0, 6);
	return l3;
}

uint32_t arp_question(
	uint8_t *frame, const struct wire_link *our, const uint8_t ip[4], const uint8_t *to)
{
	uint32_t l3 = arp_put(frame, our, to ? to : broadcast, ARP_REQUEST);

	memcpy(frame + l3 + ARP_TPA, ip, 4);
	return l3 + WIRE_ARP;
}

uint32_t arp_announce(uint8_t *frame, const struct wire_link *our)
{
	// A request for our own address: RFC 5227 section 3 prefers it to a reply.
	return arp_question(frame, our, our->ip.ip, NULL);
}

uint32_t arp_answer(uint8_t *frame, uint32_t l3, const struct wire_link *our)
{
	uint8_t mac[6], ip[4];

	memcpy(mac, frame + l3 + ARP_SHA, 6);
	memcpy(ip, frame + l3 + ARP_SPA, 4);
	l3 = arp_put(frame, our, mac, ARP_REPLY);
	memcpy(frame + l3 + ARP_THA, mac, 6);
	memcpy(frame + l3 + ARP_TPA, ip, 4);
	return l3 + WIRE_ARP;
}

void arp_read(const uint8_t *frame, uint32_t l3, struct neigh_heard *out)
{
	static const uint8_t none[4];
	const uint8_t *arp = frame + l3;

	*out = (struct neigh_heard){.question = wire_get16(arp + ARP_OP) == ARP_REQUEST};
	out->answer = !out->question;
	memcpy(out->mac, arp + ARP_SHA, 6);
	memcpy(out->ip.ip, arp + ARP_SPA, 4);
	// A probe (RFC 5227) has no sender yet; one from our own address is a conflict, not news.
	if (memcmp(arp + ARP_SPA, none, 4) != 0 && memcmp(arp + ARP_SPA, arp + ARP_TPA, 4) != 0)
		out->ip.family = ADDR_IP4;
}
