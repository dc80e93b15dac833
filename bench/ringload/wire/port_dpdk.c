// The callers' RTP over a DPDK port with an address of its own: the engine's ports, neighbours and
// senders under one worker that has no sessions and is never launched. No descriptor, no system
// call per packet; what arrives is stamped when it is polled.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench/ringload/wire/port.h"
#include "bench/ringload/profile/profile.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "engine/engine.h"
#include "engine/net/neigh.h"
#include "engine/net/neigh_nd.h"
#include "engine/net/ping.h"
#include "engine/net/rx.h"
#include "engine/port/port.h"

#define BURST	       64
#define BURSTS	       4 // of a turn
#define PREFETCH       4 // packets ahead
#define ANNOUNCE_TURNS 2 // RFC 5227 section 2.3 says twice
#define ANNOUNCE_MS    1000

struct port_dpdk {
	struct media_port port; // first
	struct engine *engine;
	struct worker *w;
	uint16_t rtp_port;
	uint64_t announce_ms;
	uint64_t failed, dropped; // of the loads before this one
	unsigned announced;
};

static struct port_dpdk *only; // of the process

static struct port_dpdk *of(struct media_port *m)
{
	return (struct port_dpdk *)m;
}

static void dpdk_send(struct media_port *m, struct media_path *path, const struct media_packet *p)
{
	struct port_dpdk *d = of(m);

	if (path->tx.to.family == ADDR_NONE)
		tx_path_set(&path->tx, 0, (uint16_t)(d->rtp_port + 2 * path->line), &path->to);
	uint8_t *room = tx_room(d->w, &path->tx, p->head_len + p->body_len);
	if (!room)
		return;
	memcpy(room, p->head, p->head_len);
	if (p->body_len)
		memcpy(room + p->head_len, p->body, p->body_len);
	tx_commit(d->w, &path->tx, p->head_len + p->body_len);
}

static void dpdk_flush(struct media_port *m)
{
	struct port_dpdk *d = of(m);

	tx_flush(d->w);
	m->failed = d->w->stats->tx_drops - d->failed;
}

// Turns a question into its answer, in place; 0: there is none.
static uint32_t dpdk_answer(struct port_dpdk *d, uint8_t *frame, int verdict, struct rx_hit *hit)
{
	const struct wire_link *our = neigh_link(d->w->neigh, hit->media);
	struct neigh_heard heard;

	if (verdict == RX_PING4 || verdict == RX_PING6)
		return ping_answer(frame, hit, our->mac);
	if (verdict != RX_ARP && verdict != RX_ND)
		return 0;
	if (verdict == RX_ARP)
		arp_read(frame, hit->l3, &heard);
	else
		nd_read(frame, hit->l3, hit->len, &heard);
	uint32_t neigh = neigh_hear(d->w->neigh, hit->media, &heard, d->w->now_ms);
	if (neigh != NEIGH_NONE)
		tx_neigh_heard(d->w, neigh);
	if (!heard.question)
		return 0;
	return verdict == RX_ARP ? arp_answer(frame, hit->l3, our) : nd_answer(frame, hit->l3, our);
}

struct dpdk_packet {
	struct rte_mbuf *mbuf; // NULL: it went back as an answer
	struct socket_packet packet;
	void *found;
	bool heard; // it is RTP
};

static void dpdk_parse(struct port_dpdk *d, struct dpdk_packet *p, const struct media_ear *ear)
{
	uint8_t *frame = rte_pktmbuf_mtod(p->mbuf, uint8_t *);
	struct rx_hit hit;
	int verdict = rx_parse(rx_port_map(d->w, 0), frame, p->mbuf->data_len, &hit);

	p->heard = verdict == RX_UDP && hit.port % 2 == 0; // RTCP is read and dropped
	if (p->heard) {
		p->packet.data = frame + hit.l4 + WIRE_UDP;
		p->packet.len = hit.len;
		rx_sender(frame, &hit, &p->packet.from);
		p->found = ear->find(
			ear->arg, (uint16_t)((hit.port - d->rtp_port) / 2), &p->packet.from);
	} else if (verdict != RX_UDP) {
		uint32_t len = dpdk_answer(d, frame, verdict, &hit);

		if (len == 0)
			return;
		p->mbuf->data_len = (uint16_t)len;
		p->mbuf->pkt_len = len;
		tx_mbuf(d->w, 0, p->mbuf);
		p->mbuf = NULL;
	}
}

static unsigned dpdk_burst(struct port_dpdk *d, const struct media_ear *ear)
{
	struct rte_mbuf *mbuf[BURST];
	struct dpdk_packet packet[BURST];
	unsigned n = rte_eth_rx_burst(d->w->ports[0].id, 0, mbuf, BURST);
	uint64_t now_ns = clock_mono_ns();

	for (unsigned i = 0; i < n; i++) {
		if (i + PREFETCH < n)
			rte_prefetch0(rte_pktmbuf_mtod(mbuf[i + PREFETCH], void *));
		packet[i].mbuf = mbuf[i];
		packet[i].packet.at_ns = now_ns;
		dpdk_parse(d, &packet[i], ear);
	}
	for (unsigned i = 0; i < n; i++) {
		if (packet[i].heard)
			ear->hear(ear->arg, packet[i].found, &packet[i].packet);
		rte_pktmbuf_free(packet[i].mbuf);
	}
	return n;
}

static unsigned dpdk_receive(struct media_port *m, const struct media_ear *ear)
{
	unsigned n = BURST, all = 0;

	for (unsigned k = 0; k < BURSTS && n == BURST; k++) {
		n = dpdk_burst(of(m), ear);
		all += n;
	}
	return all;
}

static void dpdk_turn(struct media_port *m, uint64_t now_ns)
{
	struct port_dpdk *d = of(m);
	uint64_t now_ms = now_ns / NS_PER_MS;
	struct rte_eth_stats stats;

	d->w->now_ns = now_ns;
	if (now_ms == d->w->now_ms)
		return;
	d->w->now_ms = now_ms;
	tx_neigh_poll(d->w);
	if (now_ms < d->announce_ms)
		return;
	d->announce_ms = now_ms + ANNOUNCE_MS;
	if (d->announced++ < ANNOUNCE_TURNS)
		tx_announce(d->w);
	if (rte_eth_stats_get(d->w->ports[0].id, &stats) == 0)
		m->dropped = stats.imissed + stats.rx_nombuf - d->dropped;
}

// The next load of a search uses it again; what it counts begins anew.
static void dpdk_close(struct media_port *m)
{
	struct port_dpdk *d = of(m);

	dpdk_flush(m);
	d->failed += m->failed;
	d->dropped += m->dropped;
	m->failed = m->dropped = 0;
}

static const struct media_driver dpdk_driver = {
	.send = dpdk_send,
	.flush = dpdk_flush,
	.receive = dpdk_receive,
	.turn = dpdk_turn,
	.close = dpdk_close,
	.polled = true,
};

static int dpdk_kind(const char *name, size_t len, enum port_kind *out)
{
	for (enum port_kind k = PORT_TAP; k <= PORT_PCI; k++) {
		const char *known = port_kind_name(k);

		if (strlen(known) == len && strncmp(known, name, len) == 0) {
			*out = k;
			return 0;
		}
	}
	return -EINVAL;
}

// "af_xdp:eth1", with further device arguments behind a comma.
static int dpdk_port(struct engine_port *p, const char *text)
{
	const char *device = strchr(text, ':');
	size_t len = device ? strcspn(++device, ",") : 0;

	if (!device || dpdk_kind(text, (size_t)(device - 1 - text), &p->kind) ||
		str_copy_n(p->device, sizeof(p->device), device, len))
		return -EINVAL;
	return device[len] ? str_copy(p->extra, sizeof(p->extra), device + len + 1) : 0;
}

// "10.98.0.10/24"
static int dpdk_media(struct engine_media *m, const struct profile *p)
{
	char text[sizeof(p->media)];
	const char *bits = strchr(p->media, '/');

	if (!bits || str_copy_n(text, sizeof(text), p->media, (size_t)(bits - p->media)) ||
		addr_parse(text, &m->ip) || m->ip.port)
		return -EINVAL;
	m->bits = (uint8_t)strtoul(bits + 1, NULL, 10);
	m->rtp_min = (uint16_t)p->rtp_port;
	m->rtp_max = (uint16_t)(p->rtp_port + 2 * p->rtp_sockets - 1);
	return p->gateway[0] ? addr_parse(p->gateway, &m->gateway) : 0;
}

static int dpdk_config(struct engine_config *c, const struct profile *p, char error[256])
{
	*c = (struct engine_config){
		.workers = 1, .cores = {-1}, .sessions = 1, .ports = 1, .media = 1};
	str_copy(c->port[0].name, sizeof(c->port[0].name), "load");
	str_copy(c->medium[0].name, sizeof(c->medium[0].name), "load");
	c->medium[0].dscp = 46;
	str_copy(error, 256,
		"port: KIND:DEVICE[,ARGUMENTS], as in af_xdp:eth1; kinds: af_xdp, "
		"af_packet, tap, memif, pci");
	if (dpdk_port(&c->port[0], p->port))
		return -EINVAL;
	// The guard sees interfaces of the kernel alone.
	str_copy(error, 256, "port: a PCI device leads out of this machine: --i-own-this-target");
	if (c->port[0].kind == PORT_PCI && !p->owned)
		return -EPERM;
	str_copy(error, 256,
		"port: needs media: ADDRESS/BITS of its own, and gateway: ADDRESS or "
		"none");
	return dpdk_media(&c->medium[0], p);
}

static void dpdk_end(void)
{
	engine_stop(only->engine);
}

int media_port_dpdk(struct media_port **out, const struct profile *p, char error[256])
{
	static struct engine_config config;
	static struct port_dpdk d;
	char why[ENGINE_ERROR_MAX];

	if (!only) {
		int err = dpdk_config(&config, p, error);

		if (!err) {
			str_copy(error, 256, "");
			err = engine_open(&config, &d.engine, why);
			if (err)
				str_format(error, 256, "%.250s", why);
		}
		if (err)
			return err;
		d.port.driver = &dpdk_driver;
		d.w = engine_worker(d.engine, 0);
		d.rtp_port = (uint16_t)p->rtp_port;
		only = &d;
		atexit(dpdk_end);
	}
	*out = &only->port;
	return 0;
}
