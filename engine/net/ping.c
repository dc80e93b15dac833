// Echo replies (RFC 792, RFC 4443).
#include "engine/net/ping.h"

#include <string.h>

#include "engine/net/wire.h"

#define PING_TTL    64
#define ECHO_REPLY4 0
#define ECHO_REPLY6 129

static void swap(uint8_t *a, uint8_t *b, uint32_t len)
{
	uint8_t kept[16];

	memcpy(kept, a, len);
	memcpy(a, b, len);
	memcpy(b, kept, len);
}

uint32_t ping_answer(uint8_t *frame, const struct rx_hit *hit, const uint8_t mac[6])
{
	uint8_t *ip = frame + hit->l3, *icmp = frame + hit->l4;
	uint64_t pseudo = 0;

	swap(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	if (hit->ip6) {
		ip[7] = PING_TTL;
		swap(ip + 8, ip + 24, 16);
		pseudo = wire_sum16(wire_sum_pseudo(ip + 8, true, PROTOCOL_ICMP6), hit->len);
		icmp[0] = ECHO_REPLY6;
	} else {
		ip[8] = PING_TTL;
		swap(ip + 12, ip + 16, 4);
		memset(ip + 10, 0, 2);
		wire_put_checksum(ip + 10, wire_sum(0, ip, hit->l4 - hit->l3));
		icmp[0] = ECHO_REPLY4;
	}
	memset(icmp + 2, 0, 2);
	wire_put_checksum(icmp + 2, wire_sum(pseudo, icmp, hit->len));
	return hit->l4 + hit->len;
}
