// The engine under bridge_fuzz.
#include "tests/fuzz/bridge_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "engine/base/check.h"
#include "engine/base/str.h"
#include "engine/engine.h"
#include "engine/net/neigh_arp.h"
#include "engine/rtp/rtcp.h"
#include "engine/voice/session_state.h"
#include "engine/worker.h"
#include "tests/unit/engine/frames.h"

#define LOCAL_IP   "192.0.2.1"
#define RTP_MIN	   20000
#define RTP_MAX	   20063
#define SESSIONS   16
#define BEGIN_NS   1000000000000ull
#define FRAME_MAX  2048
#define MBUFS_MOST 2048 // that may be on their way when all is quiet
#define PAGE	   4096
#define TURNS_MAX  200

struct fuzz_node node;

static struct {
	struct engine *e;
	uint8_t mac[6];
	uint32_t ticket, done;
	int error;
	gate_session opened;
	uint16_t port;
	struct wire_link far[LEGS], stranger;
	struct tap_windows windows;
	unsigned stolen[WORKERS][5];
} n;

void finding(const char *format, ...)
{
	va_list args;

	fprintf(stderr,
		"finding after %llu packets, round %llu: ", (unsigned long long)node.packets,
		(unsigned long long)node.rounds);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

// --- frames ---

void node_frame(const void *frame, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_ring_pool(n.e));
	char *room = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	if (!room)
		finding("no mbuf is free, or none for %u octets", len);
	memcpy(room, frame, len);
	if (len >= 6 && memcmp(room, our_mac, 6) == 0)
		memcpy(room, n.mac, 6);
	if (rte_ring_enqueue(engine_port_ring(n.e, 0, 0, ENGINE_RING_RX), m) != 0)
		rte_pktmbuf_free(m);
}

void node_udp(const struct far_udp *u)
{
	static uint8_t frame[FRAME_MAX];
	struct wire_link from = u->stranger ? n.stranger : n.far[u->leg];
	struct addr to = addr_of(LOCAL_IP);

	if (!u->stranger && node.leg[u->leg].connected)
		from.ip.port = node.leg[u->leg].remote.rtp.port;
	from.ip.port += u->to_port & 1;
	to.port = u->to_port;
	node_frame(frame, frame_udp(frame, &from, &to, u->data, (uint16_t)u->len));
	node.packets++;
}

static void answer_arp(const uint8_t *asked, uint32_t len)
{
	uint8_t frame[FRAME_MAX];

	memcpy(n.mac, asked + 6, 6);
	for (unsigned i = 0; i <= LEGS; i++) {
		const struct wire_link *far = i < LEGS ? &n.far[i] : &n.stranger;
		if (memcmp(asked + 14 + 24, far->ip.ip, 4) != 0)
			continue;
		memcpy(frame, asked, len);
		node_frame(frame, arp_answer(frame, 14, far));
	}
}

static void take_frame(const uint8_t *frame, uint32_t len)
{
	const uint8_t *ip = frame + 14, *udp = ip + WIRE_IP4;
	struct rtcp_info info;

	if (wire_get16(frame + 12) == ETHERTYPE_ARP) {
		answer_arp(frame, len);
		return;
	}
	if (wire_get16(frame + 12) != ETHERTYPE_IP4 || ip[9] != PROTOCOL_UDP)
		return; // ping
	uint32_t udp_len = wire_get16(udp + 4);
	if (14 + WIRE_IP4 + udp_len != len || wire_get16(ip + 2) != WIRE_IP4 + udp_len)
		finding("lengths of a frame of %u octets", len);
	if (wire_fold(wire_sum(0, ip, WIRE_IP4)) != 0xffff ||
		wire_fold(wire_sum(wire_sum16(wire_sum_pseudo(ip + 12, false, PROTOCOL_UDP),
					   (uint16_t)udp_len),
			udp, udp_len)) != 0xffff)
		finding("a checksum");
	node.sent++;
	const uint8_t *data = udp + WIRE_UDP;
	uint32_t data_len = udp_len - WIRE_UDP;
	for (unsigned i = 0; i < LEGS; i++) {
		uint16_t port = node.leg[i].port;
		uint16_t from = wire_get16(udp);
		if (port == 0 || (from != port && from != port + 1))
			continue;
		if (!rtp_is_rtcp(data, data_len))
			judge_rtp(&node.leg[i], data, data_len);
		else if (rtcp_parse(data, data_len, 0, &info))
			finding("RTCP of %u octets", data_len);
		return;
	}
	if (!rtp_is_rtcp(data, data_len))
		finding("RTP from a port that is nobody's");
}

static void take_sent(void)
{
	struct rte_ring *r = engine_port_ring(n.e, 0, 0, ENGINE_RING_TX);
	struct rte_mbuf *m;

	while (rte_ring_dequeue(r, (void **)&m) == 0) {
		if (m->nb_segs != 1 || m->data_len != m->pkt_len)
			finding("an mbuf of %u segments", m->nb_segs);
		take_frame(rte_pktmbuf_mtod(m, uint8_t *), m->data_len);
		rte_pktmbuf_free(m);
	}
}

static void take_events(void)
{
	struct tap_note note;
	struct gate_msg m;

	for (unsigned i = 0; i < WORKERS; i++) {
		while (gate_take(engine_gate(n.e), i, &m)) {
			if (m.head.kind != GATE_DONE)
				continue;
			if (m.head.ticket != n.ticket)
				finding("DONE of ticket %u, not %u", m.head.ticket, n.ticket);
			n.done++;
			n.error = m.done.error;
			n.opened = m.head.session;
			n.port = m.done.local.port;
		}
	}
	while (tap_take(engine_tap(n.e), &note))
		;
}

static unsigned turn(void)
{
	unsigned work = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		work += worker_poll(engine_worker(n.e, i), node.now_ns);
	take_sent();
	take_events();
	return work;
}

// Each poll runs one of the sub-slots that are due.
static void turns(void)
{
	for (unsigned i = 0; i < TURNS_MAX && turn() > 0; i++)
		;
}

void node_run(uint64_t ns, uint64_t step_ns)
{
	for (uint64_t end = node.now_ns + ns; node.now_ns < end;) {
		node.now_ns += step_ns;
		turns();
	}
}

// What is on its way is let through first, and what it says to the other worker afterwards.
int node_command(unsigned leg, enum gate_kind kind, struct gate_msg *m)
{
	m->head.kind = kind;
	m->head.session = node.leg[leg].session;
	turns();
	m->head.ticket = ++n.ticket;
	n.done = 0;
	if (gate_post(engine_gate(n.e), gate_session_worker(m->head.session), m))
		finding("a command finds no room");
	turn();
	if (n.done != 1)
		finding("%u DONEs for a command of kind %u", n.done, kind);
	return n.error;
}

void node_open(unsigned leg, unsigned worker)
{
	struct gate_msg m = {0};
	struct leg *l = &node.leg[leg];

	*l = (struct leg){.session = (uint64_t)worker << 56};
	int error = node_command(leg, GATE_OPEN, &m);
	if (error)
		finding("OPEN: %d", error);
	l->session = n.opened;
	l->port = n.port;
	l->changed_ns = node.now_ns;
}

// --- the recorder ---

static void attach(void)
{
	size_t lanes = 2 * LEGS * sizeof(struct tap_lane), sound = 2 * LEGS * TAP_LANE_BYTES;
	size_t head = (lanes + PAGE - 1) / PAGE * PAGE;
	struct tap_windows w = {.recordings = LEGS, .bytes = head + sound + PAGE};

	w.memory = mmap(NULL, w.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(w.memory != MAP_FAILED);
	check(mprotect((uint8_t *)w.memory + head + sound, PAGE, PROT_NONE) == 0);
	w.lanes = w.memory;
	w.sound = (uint8_t *)w.memory + head;
	n.windows = w;
	tap_attach(engine_tap(n.e), &w);
}

void node_lane(unsigned leg, bool begins)
{
	unsigned i = leg * 2 + (leg & 1);
	struct tap_lane *l = &n.windows.lanes[i];
	uint8_t *octets = n.windows.sound + (size_t)i * TAP_LANE_BYTES;
	uint8_t law = node.leg[leg].law;

	if (begins) {
		memset(octets, codec_get(law)->silence, TAP_LANE_BYTES);
		l->silence = codec_get(law)->silence;
		atomic_store(&l->number, leg);
		for (unsigned k = 0; k < TAP_CHUNKS; k++)
			atomic_store(&l->filled[k], 0);
		atomic_store(&l->open, (uint64_t)TAP_CHUNKS << 32);
	} else {
		judge_law(octets, TAP_LANE_BYTES, law, "the tap");
		atomic_store(&l->open, TAP_LANE_SHUT);
	}
}

// --- pools ---

static struct pool *pool_at(struct session_table *t, unsigned i)
{
	struct pool *const pools[] = {
		&t->conceals, &t->packs, &t->mutes, &t->masks, &t->coders[CODEC_G722].pool};

	return pools[i];
}

void node_steal(bool steal)
{
	for (unsigned w = 0; w < WORKERS; w++) {
		for (unsigned i = 0; i < 5; i++) {
			struct pool *p = pool_at(engine_worker(n.e, w)->sessions, i);
			static uint32_t taken[WORKERS][5][64];
			while (steal && n.stolen[w][i] < 64 && p->used < p->slots)
				taken[w][i][n.stolen[w][i]++] = pool_take(p);
			while (!steal && n.stolen[w][i] > 0)
				pool_give(p, taken[w][i][--n.stolen[w][i]]);
		}
	}
	node.stolen = steal;
}

void node_check_idle(void)
{
	unsigned used = rte_mempool_in_use_count(engine_ring_pool(n.e));

	for (unsigned w = 0; w < WORKERS; w++) {
		struct session_table *t = engine_worker(n.e, w)->sessions;
		const struct gate_worker *s = engine_worker(n.e, w)->stats;
		uint64_t drops = 0;
		for (unsigned i = 0; i < 5; i++)
			if (pool_at(t, i)->used)
				finding("pool %u: %u are left", i, pool_at(t, i)->used);
		if (t->pool.used || t->coders[CODEC_OPUS].pool.used)
			finding("sessions or coders are left");
		for (unsigned i = 0; i < GATE_REASONS_MAX; i++)
			drops += s->drops[i];
		if (s->rx_packets != s->delivered + drops)
			finding("packets that nothing explains");
	}
	if (used > MBUFS_MOST)
		finding("%u mbufs are in use", used);
}

void node_start(void)
{
	static struct engine_config c = {.sessions = SESSIONS,
		.coders = {[CODEC_G722] = 8, [CODEC_OPUS] = 8},
		.workers = WORKERS,
		.ports = 1,
		.media = 1,
		.cores = {-1, -1}};
	char error[ENGINE_ERROR_MAX], ip[64];

	c.port[0].kind = PORT_RING;
	c.medium[0] = medium_of(LOCAL_IP, 24, 0);
	c.medium[0].rtp_min = RTP_MIN;
	c.medium[0].rtp_max = RTP_MAX;
	if (engine_open(&c, &n.e, error)) {
		fprintf(stderr, "%s\n", error);
		exit(1);
	}
	for (unsigned i = 0; i < LEGS; i++) {
		str_format(ip, sizeof(ip), "192.0.2.%u:%u", 10 + i, 4000 + 10 * i);
		n.far[i] = link_of(far_mac, ip, 0);
	}
	n.stranger = link_of(far_mac, "192.0.2.66:4000", 0);
	node.now_ns = BEGIN_NS;
	sound_start();
	sound_publish(engine_gate(n.e));
	attach();
	node_run(20000000, 1000000);
}
