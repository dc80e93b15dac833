// Sending: headers kept ready per destination, bursts per port, packets parked while ARP or ND
// asks for their next hop.
#include "engine/net/tx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "engine/base/check.h"
#include "engine/net/hand.h"
#include "engine/net/neigh.h"
#include "engine/net/neigh_nd.h"
#include "engine/net/rx_mbuf.h"
#include "engine/net/wire.h"
#include "engine/port/port.h"

#define TX_STASH	  64   // mbufs taken from the pool at once
#define TX_AHEAD	  4    // mbufs whose memory is fetched before they are wanted
#define TX_AHEAD_HEAD	  10   // mbufs whose own head is
#define TX_FETCH	  214  // bytes of it: a packet of G.711
#define TX_PARKED	  128  // packets that wait for a neighbour's answer
#define TX_PARKED_MS	  2000 // as long as that
#define TX_TRIES	  4    // of a burst that the driver takes in part
#define TX_TTL		  64
#define TX_HEAD_IP4	  (WIRE_ETH + WIRE_IP4 + WIRE_UDP)
#define IP4_DONT_FRAGMENT 0x4000

struct tx_stage {
	unsigned count;
	struct rte_mbuf *mbuf[TX_BURST];
	uint8_t udp_at[TX_BURST]; // offset of the UDP header whose checksum is open, 0: none
};

struct tx_parked {
	struct rte_mbuf *mbuf;
	uint32_t neigh, generation;
	uint64_t since_ms;
};

struct tx {
	struct port *ports;
	struct rte_mempool *pool;
	unsigned stashed;
	struct rte_mbuf *stash[TX_STASH];
	struct rte_mbuf *room; // given out by tx_room, not committed yet
	struct tx_stage stage[PORTS_MAX];
	unsigned parked;
	struct tx_parked park[TX_PARKED];
};

int tx_new(struct port *ports, struct rte_mempool *pool, struct tx **out)
{
	struct tx *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->ports = ports;
	t->pool = pool;
	*out = t;
	return 0;
}

void tx_free(struct tx *t)
{
	if (!t)
		return;
	rte_pktmbuf_free(t->room);
	rte_mempool_put_bulk(t->pool, (void **)t->stash, t->stashed);
	for (unsigned i = 0; i < PORTS_MAX; i++)
		rte_pktmbuf_free_bulk(t->stage[i].mbuf, t->stage[i].count);
	for (unsigned i = 0; i < t->parked; i++)
		rte_pktmbuf_free(t->park[i].mbuf);
	free(t);
}

// The lines that a packet of 20 ms will be written to, and read again for its checksum: that
// reading would wait for them to come.
static void tx_fetch(const struct rte_mbuf *m)
{
	const char *frame = rte_pktmbuf_mtod(m, const char *);

	for (unsigned i = 0; i < TX_FETCH; i += 64)
		__builtin_prefetch(frame + i, 1);
}

// More from the pool, to be taken after those that are left, whose memory is on its way.
static void tx_refill(struct tx *t)
{
	unsigned kept = t->stashed, more = TX_STASH - kept;

	memmove(t->stash + more, t->stash, kept * sizeof(t->stash[0]));
	if (rte_mempool_get_bulk(t->pool, (void **)t->stash, more) == 0)
		t->stashed = TX_STASH;
	else
		memmove(t->stash, t->stash + more, kept * sizeof(t->stash[0]));
}

// An empty mbuf, or NULL (counted). The pool's are of one segment with nothing behind it, so that
// its second cache line need not be touched.
static struct rte_mbuf *tx_take(struct worker *w)
{
	struct tx *t = w->tx;
	struct rte_mbuf *m;

	if (t->stashed <= TX_AHEAD_HEAD)
		tx_refill(t);
	if (t->stashed == 0) {
		w->stats->tx_drops++;
		return NULL;
	}
	m = t->stash[--t->stashed];
	if (t->stashed >= TX_AHEAD_HEAD)
		__builtin_prefetch(t->stash[t->stashed - TX_AHEAD_HEAD], 1);
	if (t->stashed >= TX_AHEAD)
		tx_fetch(t->stash[t->stashed - TX_AHEAD]);
	rte_pktmbuf_reset_headroom(m);
	m->nb_segs = 1;
	m->ol_flags = 0;
	return m;
}

// --- frames ---

static void tx_hand_over(struct worker *w, unsigned port, unsigned sender, struct tx_stage *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		struct hand_item item = {.kind = HAND_TX, .port = (uint8_t)port};

		item.mbuf = s->mbuf[i];
		if (!hand_push(w->hand, sender, &item)) {
			w->stats->tx_drops++;
			rte_pktmbuf_free(s->mbuf[i]);
		}
	}
	s->count = 0;
}

// 0 would mean that there is none.
static inline void tx_put_checksum(uint8_t *udp, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~wire_fold(sum);

	checksum = checksum ? checksum : 0xffff;
	memcpy(udp + 6, &checksum, 2);
}

// The checksum field holds the sum of all before it. Summed up a burst after the payload was
// written, because to read at once what was copied in large pieces into cold memory would mean
// to wait until it has arrived there.
static void tx_close_udp(struct rte_mbuf *m, uint8_t udp_at)
{
	uint8_t *udp = rte_pktmbuf_mtod_offset(m, uint8_t *, udp_at);

	tx_put_checksum(udp, wire_sum_payload(0, udp + 6, m->pkt_len - udp_at - 6));
}

static void tx_stage_flush(struct worker *w, unsigned port)
{
	struct tx_stage *s = &w->tx->stage[port];
	const struct port *p = &w->tx->ports[port];
	unsigned sender = port_sender(p, w->id), sent = 0;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < s->count; i++) {
		if (s->udp_at[i])
			tx_close_udp(s->mbuf[i], s->udp_at[i]);
		bytes += s->mbuf[i]->pkt_len;
	}
	if (sender != w->id) {
		tx_hand_over(w, port, sender, s);
		return;
	}
	for (unsigned tries = 0; tries < TX_TRIES && sent < s->count; tries++)
		sent += rte_eth_tx_burst(
			p->id, (uint16_t)w->id, s->mbuf + sent, (uint16_t)(s->count - sent));
	for (unsigned i = sent; i < s->count; i++)
		bytes -= s->mbuf[i]->pkt_len;
	rte_pktmbuf_free_bulk(s->mbuf + sent, s->count - sent);
	w->stats->tx_packets += sent;
	w->stats->tx_bytes += bytes;
	w->stats->tx_drops += s->count - sent;
	s->count = 0;
}

static void tx_stage_put(struct worker *w, unsigned port, struct rte_mbuf *m, uint8_t udp_at)
{
	struct tx_stage *s = &w->tx->stage[port];

	s->mbuf[s->count] = m;
	s->udp_at[s->count++] = udp_at;
	if (s->count == TX_BURST)
		tx_stage_flush(w, port);
}

void tx_mbuf(struct worker *w, unsigned port, struct rte_mbuf *m)
{
	tx_stage_put(w, port, m, 0);
}

void tx_handed(struct worker *w, unsigned port, struct rte_mbuf *m)
{
	check(port_sender(&w->tx->ports[port], w->id) == w->id);
	tx_mbuf(w, port, m);
}

void tx_flush(struct worker *w)
{
	for (unsigned i = 0; i < w->config->ports; i++)
		if (w->tx->stage[i].count > 0)
			tx_stage_flush(w, i);
}

static void tx_bytes(struct worker *w, uint8_t media, const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = tx_take(w);

	if (!m)
		return;
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), frame, len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	tx_mbuf(w, w->config->medium[media].port, m);
}

// --- neighbours ---

static void tx_ask(struct worker *w, uint32_t neigh)
{
	uint8_t frame[NEIGH_FRAME_MAX];
	uint8_t media = neigh_at(w->neigh, neigh)->media;

	tx_bytes(w, media, frame, neigh_question(w->neigh, neigh, frame, w->now_ms));
}

void tx_announce(struct worker *w)
{
	uint8_t frame[NEIGH_FRAME_MAX];

	for (uint8_t i = 0; i < w->config->media; i++) {
		const struct wire_link *link = neigh_link(w->neigh, i);

		tx_bytes(w, i, frame,
			link->ip.family == ADDR_IP4 ? arp_announce(frame, link)
						    : nd_announce(frame, link));
	}
}

static void tx_park(struct worker *w, uint32_t neigh, struct rte_mbuf *m)
{
	struct tx *t = w->tx;

	if (t->parked == TX_PARKED) {
		w->stats->tx_drops++;
		rte_pktmbuf_free(m);
		return;
	}
	t->park[t->parked++] =
		(struct tx_parked){m, neigh, neigh_at(w->neigh, neigh)->generation, w->now_ms};
}

void tx_neigh_heard(struct worker *w, uint32_t neigh)
{
	const struct neighbour *e = neigh_at(w->neigh, neigh);
	struct tx *t = w->tx;
	unsigned kept = 0;

	for (unsigned i = 0; i < t->parked; i++) {
		struct tx_parked *p = &t->park[i];

		// The answer is the one change since it was parked.
		if (p->neigh != neigh || p->generation + 1 != e->generation) {
			t->park[kept++] = *p;
			continue;
		}
		memcpy(rte_pktmbuf_mtod(p->mbuf, uint8_t *), e->mac, 6);
		tx_mbuf(w, w->config->medium[e->media].port, p->mbuf);
	}
	t->parked = kept;
}

static void tx_parked_poll(struct worker *w)
{
	struct tx *t = w->tx;
	unsigned kept = 0;

	for (unsigned i = 0; i < t->parked; i++) {
		if (w->now_ms < t->park[i].since_ms + TX_PARKED_MS) {
			t->park[kept++] = t->park[i];
			continue;
		}
		w->stats->tx_drops++;
		rte_pktmbuf_free(t->park[i].mbuf);
	}
	t->parked = kept;
}

void tx_neigh_poll(struct worker *w)
{
	uint32_t neigh;

	while ((neigh = neigh_due(w->neigh, w->now_ms)) != NEIGH_NONE)
		tx_ask(w, neigh);
	tx_parked_poll(w);
}

// --- destinations ---

void tx_path_set(struct tx_path *p, uint8_t media, uint16_t from_port, const struct addr *to)
{
	*p = (struct tx_path){.to = *to, .media = media, .from_port = from_port};
}

static void tx_head_ip4(struct tx_path *p, const struct wire_link *our, uint8_t tos)
{
	uint8_t *ip = p->head + p->head_len;

	memset(ip, 0, WIRE_IP4);
	ip[0] = 0x45;
	ip[1] = tos;
	wire_put16(ip + 6, IP4_DONT_FRAGMENT);
	ip[8] = TX_TTL;
	ip[9] = PROTOCOL_UDP;
	memcpy(ip + 12, our->ip.ip, 4);
	memcpy(ip + 16, p->to.ip, 4);
	p->ip_sum = wire_fold(wire_sum(0, ip, WIRE_IP4));
	p->udp_sum = wire_fold(wire_sum_pseudo(ip + 12, false, PROTOCOL_UDP));
	p->head_len += WIRE_IP4;
}

static void tx_head_ip6(struct tx_path *p, const struct wire_link *our, uint8_t tos)
{
	uint8_t *ip = p->head + p->head_len;

	memset(ip, 0, WIRE_IP6);
	ip[0] = (uint8_t)(0x60 | tos >> 4);
	ip[1] = (uint8_t)(tos << 4);
	ip[6] = PROTOCOL_UDP;
	ip[7] = TX_TTL;
	memcpy(ip + 8, our->ip.ip, 16);
	memcpy(ip + 24, p->to.ip, 16);
	p->udp_sum = wire_fold(wire_sum_pseudo(ip + 8, true, PROTOCOL_UDP));
	p->head_len += WIRE_IP6;
}

static void tx_head(struct worker *w, struct tx_path *p, const struct neighbour *hop)
{
	const struct wire_link *our = neigh_link(w->neigh, p->media);
	uint8_t tos = (uint8_t)(w->config->medium[p->media].dscp << 2);
	bool ip6 = p->to.family == ADDR_IP6;
	uint8_t *udp;

	p->head_len =
		(uint8_t)wire_put_eth(p->head, our, hop->mac, ip6 ? ETHERTYPE_IP6 : ETHERTYPE_IP4);
	if (ip6)
		tx_head_ip6(p, our, tos);
	else
		tx_head_ip4(p, our, tos);
	udp = p->head + p->head_len;
	memset(udp, 0, WIRE_UDP);
	wire_put16(udp, p->from_port);
	wire_put16(udp + 2, p->to.port);
	p->udp_sum = wire_fold(wire_sum(p->udp_sum, udp, 4));
	p->head_len += WIRE_UDP;
	// As long as the next hop is not known the head is made anew each time.
	p->neigh_generation = hop->state == NEIGH_ASKING ? 0 : hop->generation;
}

static bool tx_head_holds(struct worker *w, const struct tx_path *p)
{
	return p->neigh_generation != 0 &&
		neigh_use(w->neigh, p->neigh, p->neigh_generation, neigh_seconds(w->now_ms));
}

static bool tx_path_ready(struct worker *w, struct tx_path *p)
{
	if (tx_head_holds(w, p))
		return true;
	p->neigh = p->to.port ? neigh_find(w->neigh, p->media, &p->to, w->now_ms) : NEIGH_NONE;
	if (p->neigh == NEIGH_NONE)
		return false;
	if (neigh_unasked(w->neigh, p->neigh))
		tx_ask(w, p->neigh);
	tx_head(w, p, neigh_at(w->neigh, p->neigh));
	return true;
}

// Lengths, IPv4's checksum, and in the place of UDP's the sum of all before it. Most packets are as
// long as the one before. True: this one is not.
static inline bool tx_set_length(struct tx_path *p, uint16_t udp_len)
{
	uint8_t *udp = p->head + p->head_len - WIRE_UDP;
	uint16_t sum;

	if (wire_get16(udp + 4) == udp_len)
		return false;
	wire_put16(udp + 4, udp_len);
	sum = wire_fold(wire_sum16(wire_sum16(p->udp_sum, udp_len), udp_len));
	memcpy(udp + 6, &sum, 2);
	if (p->to.family == ADDR_IP4) {
		uint8_t *ip = udp - WIRE_IP4;
		uint16_t total = (uint16_t)(WIRE_IP4 + udp_len);

		wire_put16(ip + 2, total);
		wire_put_checksum(ip + 10, wire_sum16(p->ip_sum, total));
	} else {
		wire_put16(udp - WIRE_IP6 + 4, udp_len);
	}
	return true;
}

uint8_t *tx_room(struct worker *w, struct tx_path *p, uint32_t max)
{
	struct tx *t = w->tx;
	uint8_t *frame;

	check(max <= TX_PAYLOAD_MAX);
	if (!tx_path_ready(w, p)) {
		w->stats->tx_drops++;
		return NULL;
	}
	if (!t->room)
		t->room = tx_take(w);
	if (!t->room)
		return NULL;
	frame = rte_pktmbuf_mtod(t->room, uint8_t *);
	// Of one of two sizes that the compiler knows; the payload comes over the rest.
	tx_set_length(p, (uint16_t)(WIRE_UDP + max));
	if (p->head_len <= TX_HEAD_SHORT)
		memcpy(frame, p->head, TX_HEAD_SHORT);
	else
		memcpy(frame, p->head, TX_HEAD_MAX);
	return frame + p->head_len;
}

void tx_commit(struct worker *w, struct tx_path *p, uint32_t len)
{
	struct rte_mbuf *m = w->tx->room;
	uint8_t udp_at = p->head_len - WIRE_UDP;

	w->tx->room = NULL;
	if (tx_set_length(p, (uint16_t)(WIRE_UDP + len))) // less than the room was for
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), p->head, p->head_len);
	m->data_len = (uint16_t)(p->head_len + len);
	m->pkt_len = m->data_len;
	if (p->neigh_generation != 0) {
		tx_stage_put(w, w->config->medium[p->media].port, m, udp_at);
		return;
	}
	tx_close_udp(m, udp_at);
	tx_park(w, p->neigh, m);
}

bool tx_may_forward(struct worker *w, const struct tx_path *p)
{
	return tx_head_holds(w, p);
}

void tx_forward(struct worker *w, struct tx_path *p, const struct tx_forward *f)
{
	struct rte_mbuf *m = rx_mbuf(f->frame);
	uint8_t *frame = f->payload - p->head_len, *udp = f->payload - WIRE_UDP;

	red_mbuf_end(m);
	tx_set_length(p, (uint16_t)(WIRE_UDP + f->len));
	// Of a size that the compiler knows, where it is the usual one.
	if (p->head_len == TX_HEAD_IP4)
		memcpy(frame, p->head, TX_HEAD_IP4);
	else
		memcpy(frame, p->head, p->head_len);
	tx_put_checksum(udp, wire_carry(f->sum, p->udp_sum));
	m->data_off = (uint16_t)(frame - (uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)(p->head_len + f->len);
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
	tx_mbuf(w, w->config->medium[p->media].port, m);
}
