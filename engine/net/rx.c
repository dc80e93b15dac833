// Receiving: each packet is delivered to a session, answered, handed to the worker that owns
// its session, or dropped for one named reason.
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
#include "engine/net/rx_parse.h"
#include "engine/net/tx.h"
#include "engine/net/wire.h"
#include "engine/port/port.h"
#include "engine/session/session.h"
#include "engine/split.h"
#include "engine/voice/red.h"

#define RX_PREFETCH 4 // packets ahead

struct rx_packet {
	struct rte_mbuf *mbuf; // NULL: gone to somebody else
	struct session *session;
	int verdict; // enum path_drop or enum rx_kind
	uint8_t port;
	struct rx_hit hit;
};

struct rx {
	struct port *ports;
	unsigned count;
	struct split split[MEDIA_MAX];
	struct rx_packet packet[RX_BURST];
};

int rx_new(const struct engine_config *config, struct port *ports, struct rx **out)
{
	struct rx *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->ports = ports;
	r->count = config->ports;
	for (unsigned i = 0; i < config->media; i++)
		r->split[i] = split_of(&config->medium[i], config->workers);
	*out = r;
	return 0;
}

void rx_free(struct rx *r)
{
	free(r);
}

static void rx_count(struct worker *w, const struct rte_mbuf *m)
{
	w->stats->rx_packets++;
	w->stats->rx_bytes += m->pkt_len;
}

// Sends the mbuf's frame, altered in place to len bytes, back through the port it came by.
static void rx_answer(struct worker *w, struct rx_packet *p, uint32_t len)
{
	struct rte_mbuf *m = p->mbuf;

	p->mbuf = NULL;
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
	uint8_t *frame = rte_pktmbuf_mtod(p->mbuf, uint8_t *);
	const struct wire_link *our = neigh_link(w->neigh, p->hit.media);
	struct neigh_heard heard;

	red_mbuf_end(p->mbuf);
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
	uint8_t *frame = rte_pktmbuf_mtod(p->mbuf, uint8_t *);

	red_mbuf_end(p->mbuf);
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
		.mbuf = p->mbuf};

	red_mbuf_end(p->mbuf);
	if (hand_push(w->hand, owner, &item)) {
		w->stats->handed_over++;
		p->mbuf = NULL;
		return;
	}
	rx_count(w, p->mbuf);
	p->verdict = DROP_HANDOVER;
}

// First pass: what it is. A frame in pieces is put into one.
static void rx_classify(struct worker *w, struct rx_packet *p)
{
	const struct rx_map *map = &w->rx->ports[p->port].map;

	if (p->mbuf->nb_segs > 1 &&
		(p->mbuf->pkt_len > WIRE_MAX || rte_pktmbuf_linearize(p->mbuf) != 0)) {
		p->verdict = DROP_ETH_LONG;
	} else {
		red_mbuf_begin(p->mbuf);
		p->verdict = rx_parse(
			map, rte_pktmbuf_mtod(p->mbuf, uint8_t *), p->mbuf->data_len, &p->hit);
	}
	if (p->verdict == RX_UDP) {
		unsigned owner = split_owner(&w->rx->split[p->hit.media], p->hit.port);

		if (owner != w->id) {
			rx_hand_over(w, p, owner);
			return;
		}
	}
	rx_count(w, p->mbuf);
}

// Second pass: the session, so that its lines are on their way when they are needed.
static void rx_find(struct worker *w, struct rx_packet *p)
{
	p->session = NULL;
	if (!p->mbuf || p->verdict != RX_UDP)
		return;
	p->session = session_find(w->sessions, p->hit.media, p->hit.port);
	if (p->session)
		session_prefetch(p->session);
}

// Its memory is its own and has room for headers longer than those that came.
static bool rx_may_go_on(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 &&
		rte_pktmbuf_headroom(m) >= TX_HEAD_MAX;
}

static void rx_session(struct worker *w, struct rx_packet *p)
{
	uint8_t *frame = rte_pktmbuf_mtod(p->mbuf, uint8_t *);
	struct rx_udp u = {.data = frame + p->hit.l4 + WIRE_UDP,
		.len = p->hit.len,
		.media = p->hit.media,
		.rtcp_port = p->hit.port & 1,
		.mbuf = rx_may_go_on(p->mbuf) ? p->mbuf : NULL,
		.hit = &p->hit,
		.map = &w->rx->ports[p->port].map};
	bool may_go_on;
	int verdict;

	if (!p->session) {
		worker_drop(w, DROP_SESSION_NONE);
		return;
	}
	may_go_on = u.mbuf != NULL;
	verdict = session_receive(w, p->session, &u);
	if (may_go_on)
		p->mbuf = u.mbuf;
	if (verdict == SESSION_DELIVERED)
		w->stats->delivered++;
	else
		worker_drop(w, (enum path_drop)verdict);
}

// Third pass: by now the session says who its peer is and whether it listens.
static bool rx_find_next(struct worker *w, const struct rx_packet *p)
{
	return p->session && session_prefetch_next(w, p->session);
}

// Fourth pass, where anybody listens: where in its jitter buffer the packet will go.
static void rx_find_last(struct worker *w, const struct rx_packet *p)
{
	if (p->session)
		session_prefetch_last(w, p->session);
}

// A whole packet goes back without its second cache line being touched. NULL: it was answered.
static void rx_done(struct rte_mbuf *m)
{
	red_mbuf_end(m);
	if (m && m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)
		rte_mbuf_raw_free(m);
	else
		rte_pktmbuf_free(m);
}

// Fifth pass.
static void rx_deliver(struct worker *w, struct rx_packet *p)
{
	if (!p->mbuf)
		return;
	switch (p->verdict) {
	case RX_UDP:
		rx_session(w, p);
		break;
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
	rx_done(p->mbuf);
}

static void rx_burst(struct worker *w, unsigned port, struct rte_mbuf **mbufs, unsigned n)
{
	struct rx_packet *packet = w->rx->packet;
	bool heard = false;

	for (unsigned i = 0; i < n && i < RX_PREFETCH; i++)
		__builtin_prefetch(rte_pktmbuf_mtod(mbufs[i], void *));
	for (unsigned i = 0; i < n; i++) {
		if (i + RX_PREFETCH < n)
			__builtin_prefetch(rte_pktmbuf_mtod(mbufs[i + RX_PREFETCH], void *));
		packet[i].mbuf = mbufs[i];
		packet[i].port = (uint8_t)port;
		rx_classify(w, &packet[i]);
	}
	for (unsigned i = 0; i < n; i++)
		rx_find(w, &packet[i]);
	for (unsigned i = 0; i < n; i++)
		heard |= rx_find_next(w, &packet[i]);
	for (unsigned i = 0; i < n && heard; i++)
		rx_find_last(w, &packet[i]);
	for (unsigned i = 0; i < n; i++)
		rx_deliver(w, &packet[i]);
}

static unsigned rx_turn_max(const struct worker *w)
{
	unsigned most = session_table_count(w->sessions) * 3 / (2 * SUBSLOTS);

	if (most < RX_TURN_LEAST)
		return RX_TURN_LEAST;
	return most < RX_TURN_MAX ? most : RX_TURN_MAX;
}

static unsigned rx_port_poll(struct worker *w, unsigned port)
{
	struct rte_mbuf *mbufs[RX_BURST];
	unsigned n, taken = 0, most = rx_turn_max(w);

	do {
		n = rte_eth_rx_burst(w->rx->ports[port].id, (uint16_t)w->id, mbufs, RX_BURST);
		rx_burst(w, port, mbufs, n);
		taken += n;
	} while (n == RX_BURST && taken < most);
	return taken;
}

unsigned rx_poll(struct worker *w)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < w->rx->count; i++)
		if (w->id < w->rx->ports[i].queues)
			taken += rx_port_poll(w, i);
	return taken;
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
	*p = (struct rx_packet){.mbuf = item->mbuf, .verdict = RX_UDP, .port = item->port};
	p->hit = (struct rx_hit){.l3 = item->l3,
		.l4 = item->l4,
		.len = item->len,
		.port = item->udp_port,
		.media = item->media,
		.ip6 = item->ip6};
	red_mbuf_begin(p->mbuf);
	__builtin_prefetch(rte_pktmbuf_mtod_offset(p->mbuf, void *, p->hit.l3));
	rx_count(w, p->mbuf);
	rx_find(w, p);
}

static unsigned rx_hand_burst(struct worker *w)
{
	struct rx_packet *packet = w->rx->packet;
	struct hand_item item;
	unsigned taken = 0, packets = 0;

	while (packets < RX_BURST && taken < 2 * RX_BURST && hand_pop(w->hand, &item)) {
		taken++;
		if (item.kind == HAND_TX)
			tx_handed(w, item.port, item.mbuf);
		else if (item.kind == HAND_NEIGH)
			rx_hand_neigh(w, &item);
		else
			rx_hand_packet(w, &item, &packet[packets++]);
	}
	for (unsigned i = 0; i < packets; i++)
		rx_find_next(w, &packet[i]);
	for (unsigned i = 0; i < packets; i++)
		rx_find_last(w, &packet[i]);
	for (unsigned i = 0; i < packets; i++)
		rx_deliver(w, &packet[i]);
	return taken;
}

unsigned rx_hand_poll(struct worker *w)
{
	unsigned taken = 0, n;

	do {
		n = rx_hand_burst(w);
		taken += n;
	} while (n >= RX_BURST && taken < RX_TURN_MAX);
	return taken;
}
