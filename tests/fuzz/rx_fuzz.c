// Frames from the wire: classification, ARP, ND and ping answers, the neighbour table.
// Input: a byte of choices (bit 0: make the checksums right, so that what is behind them is
// reached), then the frame.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/net/neigh.h"
#include "engine/net/neigh_nd.h"
#include "engine/net/ping.h"
#include "tests/unit/engine/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine_config config;
static struct rx_map map;
static struct neigh *neigh;
static uint64_t now_ms;

static void begin(void)
{
	config.media = 3;
	config.ports = 1;
	config.medium[0] = medium_of("192.0.2.1", 24, 0);
	config.medium[0].gateway = addr_of("192.0.2.254");
	config.medium[1] = medium_of("2001:db8::1", 64, 0);
	config.medium[2] = medium_of("192.0.2.1", 24, 7);
	rx_map_init(&map, &config, 0, our_mac);
	check(neigh_new(&config, &our_mac, &neigh) == 0);
}

static void mend4(uint8_t *ip, uint32_t room)
{
	uint32_t head = (ip[0] & 15u) * 4, total = wire_get16(ip + 2);

	if (head < 20 || total < head + 8 || total > room)
		return;
	memset(ip + 10, 0, 2);
	wire_put_checksum(ip + 10, wire_sum(0, ip, head));
	if (ip[9] == PROTOCOL_ICMP) {
		memset(ip + head + 2, 0, 2);
		wire_put_checksum(ip + head + 2, wire_sum(0, ip + head, total - head));
	} else if (ip[9] == PROTOCOL_UDP) {
		memset(ip + head + 6, 0, 2); // none
	}
}

static void mend6(uint8_t *ip, uint32_t room)
{
	uint32_t len = wire_get16(ip + 4);
	uint32_t at = ip[6] == PROTOCOL_UDP ? 6 : 2;
	uint64_t sum;

	if (len < 8 || len > room - WIRE_IP6)
		return;
	memset(ip + WIRE_IP6 + at, 0, 2);
	sum = wire_sum16(wire_sum_pseudo(ip + 8, true, ip[6]), (uint16_t)len);
	wire_put_checksum(ip + WIRE_IP6 + at, wire_sum(sum, ip + WIRE_IP6, len));
}

static void mend(uint8_t *frame, uint32_t len)
{
	uint32_t l3 = len > 18 && wire_get16(frame + 12) == ETHERTYPE_VLAN ? 18 : 14;

	if (len < l3 + WIRE_IP6)
		return;
	if (wire_get16(frame + l3 - 2) == ETHERTYPE_IP4)
		mend4(frame + l3, len - l3);
	else if (wire_get16(frame + l3 - 2) == ETHERTYPE_IP6)
		mend6(frame + l3, len - l3);
}

// As rx.c does: learns, and answers in place.
static void neighbour(uint8_t *frame, int verdict, const struct rx_hit *hit)
{
	uint8_t answer[2048], question[NEIGH_FRAME_MAX];
	struct neigh_heard heard;
	uint32_t index;

	if (verdict == RX_ARP)
		arp_read(frame, hit->l3, &heard);
	else
		nd_read(frame, hit->l3, hit->len, &heard);
	index = neigh_hear(neigh, hit->media, &heard, now_ms);
	check(index == NEIGH_NONE || neigh_at(neigh, index)->state == NEIGH_KNOWN);
	now_ms += 7;
	while ((index = neigh_due(neigh, now_ms)) != NEIGH_NONE)
		check(neigh_question(neigh, index, question, now_ms) <= NEIGH_FRAME_MAX);
	check(neigh_count(neigh, hit->media) <= NEIGHBOURS_MAX);
	if (!heard.question)
		return;
	memcpy(answer, frame, hit->l4 + hit->len);
	if (verdict == RX_ARP)
		check(arp_answer(answer, hit->l3, neigh_link(neigh, hit->media)) <=
			NEIGH_FRAME_MAX);
	else
		check(nd_answer(answer, hit->l3, neigh_link(neigh, hit->media)) <= NEIGH_FRAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rx_hit hit;
	struct addr from;
	uint8_t *frame;
	uint32_t len;
	int verdict;

	if (!neigh)
		begin();
	if (size < 2 || size > WIRE_MAX + 100)
		return 0;
	len = (uint32_t)size - 1;
	frame = malloc(len); // exactly: the sanitizer watches its end
	check(frame);
	memcpy(frame, data + 1, len);
	if (data[0] & 1)
		mend(frame, len);
	verdict = rx_parse(&map, frame, len, &hit);
	check(verdict < DROP_COUNT);
	if (verdict < 0)
		check(hit.media < config.media && hit.l4 + hit.len <= len);
	if (verdict == RX_UDP) {
		check(hit.l4 + WIRE_UDP + hit.len <= len && hit.len > 0);
		(void)rx_checksum_good(&map, frame, &hit);
		rx_sender(frame, &hit, &from);
		check(from.port != 0);
	} else if (verdict == RX_ARP || verdict == RX_ND) {
		neighbour(frame, verdict, &hit);
	} else if (verdict == RX_PING4 || verdict == RX_PING6) {
		check(ping_answer(frame, &hit, our_mac) <= len);
	}
	free(frame);
	return 0;
}
