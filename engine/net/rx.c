// Receiving: each packet is for a session, answered, handed to the worker that owns its session,
// or dropped for one named reason.
#include "engine/net/rx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "engine/net/hand.h"
#include "engine/net/neigh.h"
#include "engine/net/neigh_nd.h"
#include "engine/net/ping.h"
#include "engine/net/rx_mbuf.h"
#include "engine/net/tx.h"
#include "engine/net/wire.h"
#include "engine/port/port.h"
#include "engine/split.h"

#define RX_PREFETCH 4 // packets ahead

struct rx {
	const struct port *ports;
	struct rx_map map[PORTS_MAX];
	struct split split[MEDIA_MAX];
	struct rx_packet packet[RX_BURST];
};

static void rx_port_init(
	struct rx_map *map, const struct engine_config *config, unsigned port, const struct port *p)
{
	enum port_kind kind = config->port[port].kind;

	rx_map_init(map, config, port, p->mac);
	map->partial_checksums = kind == PORT_AF_PACKET || kind == PORT_AF_XDP;
}

int rx_new(const struct engine_config *config, const struct port *ports, struct rx **out)
{
	struct rx *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->ports = ports;
	for (unsigned i = 0; i < config->ports; i++)
		rx_port_init(&r->map[i], config, i, &ports[i]);
	for (unsigned i = 0; i < config->media; i++)
		r->split[i] = split_of(&config->medium[i], config->workers);
	*out = r;
	return 0;
}

void rx_free(struct rx *r)
{
	free(r);
}

const struct rx_map *rx_port_map(const struct worker *w, unsigned port)
{
	return &w->rx->map[port];
}

static void rx_count(struct worker *w, const struct rte_mbuf *m)
{
	w->stats->rx_packets++;
	w->stats->rx_bytes += m->pkt_len;
}

// Sends the mbuf's frame, altered in place to len bytes, back through the port it came by.
static void rx_answer(struct worker *w, struct rx_packet *p, uint32_t len)
{
	struct rte_mbuf *m = rx_mbuf(p->frame);

	p->frame = NULL;
	m->ol_flags = 0;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	tx_mbuf(w, p->port, m);
}

static void rx_heard(struct worker *w, uint8_t media, const struct neigh_heard *heard)
{
	uint32_t neigh = neigh_hear(w->neigh, media, heard, w->now_ms);

	if (neigh != NEIGH_NONE)
		tx_neigh_heard(w, neigh);
}

// Each worker has a table of its own and may have asked: all of them hear it.
static void rx_heard_all(struct worker *w, uint8_t media, const struct neigh_heard *heard)
{
	struct hand_item item = {.kind = HAND_NEIGH,
		.media = media,
		.ip6 = heard->ip.family == ADDR_IP6,
		.question = heard->question,
		.answer = heard->answer};

	if (!heard->ip.family)
		return;
	rx_heard(w, media, heard);
	memcpy(item.mac, heard->mac, 6);
	memcpy(item.ip, heard->ip.ip, 16);
	for (unsigned i = 0; i < w->config->workers; i++)
		if (i != w->id)
			hand_push(w->hand, i, &item); // full: it asks again
}

static void rx_neighbour(struct worker *w, struct rx_packet *p)
{
	uint8_t *frame = rx_frame_bytes(p->frame);
	const struct wire_link *our = neigh_link(w->neigh, p->hit.media);
	struct neigh_heard heard;

	red_mbuf_end(rx_mbuf(p->frame));
	w->stats->delivered++;
	if (p->verdict == RX_ARP)
		arp_read(frame, p->hit.l3, &heard);
	else
		nd_read(frame, p->hit.l3, p->hit.len, &heard);
	rx_heard_all(w, p->hit.media, &heard);
	if (!heard.question)
		return;
	if (p->verdict == RX_ARP)
		rx_answer(w, p, arp_answer(frame, p->hit.l3, our));
	else
		rx_answer(w, p, nd_answer(frame, p->hit.l3, our));
}

static void rx_ping(struct worker *w, struct rx_packet *p)
{
	uint8_t *frame = rx_frame_bytes(p->frame);

	red_mbuf_end(rx_mbuf(p->frame));
	w->stats->delivered++;
	rx_answer(w, p, ping_answer(frame, &p->hit, neigh_link(w->neigh, p->hit.media)->mac));
}

// To the worker that owns the port; it counts the packet as received.
static void rx_hand_over(struct worker *w, struct rx_packet *p, unsigned owner)
{
	struct hand_item item = {.kind = HAND_RX,
		.port = p->port,
		.media = p->hit.media,
		.ip6 = p->hit.ip6,
		.l3 = p->hit.l3,
		.l4 = p->hit.l4,
		.len = p->hit.len,
		.udp_port = p->hit.port,
		.mbuf = p->frame};

	red_mbuf_end(rx_mbuf(p->frame));
	if (hand_push(w->hand, owner, &item)) {
		w->stats->handed_over++;
		p->frame = NULL;
		return;
	}
	rx_count(w, rx_mbuf(p->frame));
	p->verdict = DROP_HANDOVER;
}

// What it is. A frame in pieces is put into one.
static void rx_classify(struct worker *w, struct rx_packet *p)
{
	struct rte_mbuf *m = rx_mbuf(p->frame);

	if (m->nb_segs > 1 && (m->pkt_len > WIRE_MAX || rte_pktmbuf_linearize(m) != 0)) {
		p->verdict = DROP_ETH_LONG;
	} else {
		red_mbuf_begin(m);
		p->verdict = rx_parse(p->map, rte_pktmbuf_mtod(m, uint8_t *), m->data_len, &p->hit);
	}
	if (p->verdict == RX_UDP) {
		unsigned owner = split_owner(&w->rx->split[p->hit.media], p->hit.port);

		if (owner != w->id) {
			rx_hand_over(w, p, owner);
			return;
		}
	}
	rx_count(w, m);
}

void rx_answer_other(struct worker *w, struct rx_packet *p)
{
	switch (p->verdict) {
	case RX_ARP:
	case RX_ND:
		rx_neighbour(w, p);
		break;
	case RX_PING4:
	case RX_PING6:
		rx_ping(w, p);
		break;
	default:
		worker_drop(w, (enum path_drop)p->verdict);
	}
}

unsigned rx_burst(struct worker *w, unsigned port, struct rx_packet **out)
{
	struct rx *r = w->rx;
	struct rte_mbuf *mbufs[RX_BURST];
	unsigned n;

	*out = r->packet;
	if (w->id >= r->ports[port].queues)
		return 0;
	n = rte_eth_rx_burst(r->ports[port].id, (uint16_t)w->id, mbufs, RX_BURST);
	for (unsigned i = 0; i < n && i < RX_PREFETCH; i++)
		__builtin_prefetch(rte_pktmbuf_mtod(mbufs[i], void *));
	for (unsigned i = 0; i < n; i++) {
		if (i + RX_PREFETCH < n)
			__builtin_prefetch(rte_pktmbuf_mtod(mbufs[i + RX_PREFETCH], void *));
		r->packet[i].frame = rx_frame(mbufs[i]);
		r->packet[i].map = &r->map[port];
		r->packet[i].port = (uint8_t)port;
		rx_classify(w, &r->packet[i]);
	}
	return n;
}
// --- from other workers ---

static void rx_hand_neigh(struct worker *w, const struct hand_item *item)
{
	struct neigh_heard heard = {.question = item->question, .answer = item->answer};

	heard.ip.family = item->ip6 ? ADDR_IP6 : ADDR_IP4;
	memcpy(heard.ip.ip, item->ip, 16);
	memcpy(heard.mac, item->mac, 6);
	rx_heard(w, item->media, &heard);
}

static void rx_hand_packet(struct worker *w, const struct hand_item *item, struct rx_packet *p)
{
	struct rte_mbuf *m = rx_mbuf(item->mbuf);

	*p = (struct rx_packet){.frame = item->mbuf,
		.map = &w->rx->map[item->port],
		.verdict = RX_UDP,
		.port = item->port};
	p->hit = (struct rx_hit){.l3 = item->l3,
		.l4 = item->l4,
		.len = item->len,
		.port = item->udp_port,
		.media = item->media,
		.ip6 = item->ip6};
	red_mbuf_begin(m);
	__builtin_prefetch(rte_pktmbuf_mtod_offset(m, void *, p->hit.l3));
	rx_count(w, m);
}

unsigned rx_handed(struct worker *w, struct rx_packet **out, unsigned *packets)
{
	struct rx_packet *packet = w->rx->packet;
	struct hand_item item;
	unsigned taken = 0, n = 0;

	while (n < RX_BURST && taken < 2 * RX_BURST && hand_pop(w->hand, &item)) {
		taken++;
		if (item.kind == HAND_TX)
			tx_handed(w, item.port, item.mbuf);
		else if (item.kind == HAND_NEIGH)
			rx_hand_neigh(w, &item);
		else
			rx_hand_packet(w, &item, &packet[n++]);
	}
	*out = packet;
	*packets = n;
	return taken;
}
