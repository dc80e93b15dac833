// An engine under load without a network.
#include "bench/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "bench/bench.h"
#include "dsp/dtmf_gate.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "engine/net/neigh_arp.h"
#include "engine/port/port.h"
#include "engine/tap.h"
#include "engine/thread.h"
#include "tests/unit/engine/frames.h"

#define BURST	    32
#define STEP_NS	    100000
#define LOST_CPU_NS 20000 // in a turn: something else ran

static struct {
	struct engine *e;
	struct worker *w;
	struct rte_ring *rx, *tx;
	uint32_t sessions;
	uint64_t now_ns;
	struct rig_counts counts;
	struct tap_windows windows;
	rig_sent_h *on_sent;
	gate_session id[RIG_SESSIONS_MAX];
	struct addr local[RIG_SESSIONS_MAX];
	uint8_t head[RIG_SESSIONS_MAX][RIG_HEAD];
} rig;

static struct addr far_of(uint32_t session)
{
	struct addr a = addr_of("198.18.0.0");

	wire_put16(a.ip + 2, (uint16_t)(session >> 4));
	a.port = (uint16_t)(4000 + 2 * (session & 15));
	return a;
}

static void medium(struct engine_config *c, const char *ip)
{
	struct engine_media *m = &c->medium[c->media++];

	*m = medium_of(ip, 24, 0);
	m->gateway = addr_of("192.0.2.254");
	m->rtp_min = 1536;
	m->rtp_max = 65535;
}

static void arp_reply(const uint8_t *data)
{
	static struct wire_link gateway;
	uint8_t frame[NEIGH_FRAME_MAX];
	struct rte_mbuf *answer;
	uint32_t len;

	if (!gateway.ip.family)
		gateway = link_of(far_mac, "192.0.2.254", 0);
	memcpy(frame, data, 42);
	if (memcmp(frame + 38, gateway.ip.ip, 4) != 0)
		return;
	len = arp_answer(frame, 14, &gateway);
	answer = rig_mbuf();
	memcpy(rte_pktmbuf_append(answer, 42), frame, 42);
	(void)len;
	rig_offer(&answer, 1);
}

// Far ends are told apart by their address and port, see far_of.
static uint32_t far_session(const uint8_t *frame)
{
	return (uint32_t)wire_get16(frame + 32) << 4 | (wire_get16(frame + 36) - 4000u) / 2;
}

static void rtp_sent(const uint8_t *frame, double ns)
{
	rig.counts.rtp_out++;
	if (rig.on_sent)
		rig.on_sent(far_session(frame), ns);
}

static void sent_take(double ns)
{
	struct rte_mbuf *m[BURST];
	unsigned n;

	while ((n = rte_ring_dequeue_burst(rig.tx, (void **)m, BURST, NULL)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			const uint8_t *data = rte_pktmbuf_mtod(m[i], uint8_t *);

			rig.counts.out++;
			if (wire_get16(data + 12) == ETHERTYPE_ARP)
				arp_reply(data);
			else if (data[35] & 1) // UDP source port
				rig.counts.rtcp_out++;
			else
				rtp_sent(data, ns);
		}
		rte_pktmbuf_free_bulk(m, n);
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

double rig_turn(void)
{
	uint64_t cpu = cpu_ns(), start_ns = bench_ns();
	unsigned work = worker_poll(rig.w, rig.now_ns);
	uint64_t ns = bench_ns() - start_ns;

	cpu = cpu_ns() - cpu;
	// Asking for the CPU's time costs something itself, so it is taken only when it is needed.
	ns = ns > cpu + LOST_CPU_NS ? cpu : ns;
	sent_take((double)ns);
	return work ? (double)ns : 0;
}

void rig_on_sent(rig_sent_h *h)
{
	rig.on_sent = h;
}

void rig_idle(uint64_t ns)
{
	for (uint64_t end_ns = rig.now_ns + ns; rig.now_ns < end_ns; rig.now_ns += STEP_NS)
		rig_turn();
}

uint64_t rig_now_ns(void)
{
	return rig.now_ns;
}

void rig_forward(uint64_t ns)
{
	rig.now_ns += ns;
}

struct rte_mbuf *rig_mbuf(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_ring_pool(rig.e));

	check(m);
	return m;
}

void rig_offer(struct rte_mbuf **m, unsigned n)
{
	unsigned taken = rte_ring_enqueue_burst(rig.rx, (void **)m, n, NULL);

	rig.counts.in += taken;
	rig.counts.missed += n - taken;
	rte_pktmbuf_free_bulk(m + taken, n - taken);
}

unsigned rig_room(void)
{
	return rte_ring_free_count(rig.rx);
}

bool rig_notice(struct gate_msg *m)
{
	return gate_take(engine_gate(rig.e), 0, m);
}

gate_session rig_session(uint32_t session)
{
	return rig.id[session];
}

struct worker *rig_worker(void)
{
	return rig.w;
}

const uint8_t *rig_head(uint32_t session)
{
	return rig.head[session];
}

const struct rig_counts *rig_counts(void)
{
	return &rig.counts;
}

static struct wire_link far_link(uint32_t session)
{
	struct wire_link from = link_of(far_mac, "198.18.0.0", 0);

	from.ip = far_of(session);
	return from;
}

uint32_t rig_rtcp(uint32_t session, uint8_t *frame, const void *rtcp, uint16_t len)
{
	struct wire_link from = far_link(session);
	struct addr to = rig.local[session];
	uint32_t bytes;

	from.ip.port++;
	to.port++;
	bytes = frame_udp(frame, &from, &to, rtcp, len);
	memcpy(frame, rig.w->ports[0].mac, 6);
	return bytes;
}

static void opened(uint32_t i, const struct gate_msg *m)
{
	struct wire_link from = far_link(i);
	uint8_t frame[300], rtp[172] = {0x80};

	check((uint32_t)m->head.session == i); // slots are taken in order
	rig.id[i] = m->head.session;
	rig.local[i] = m->done.local;
	wire_put16(rtp + 8, (uint16_t)((i + RIG_SSRC) >> 16));
	wire_put16(rtp + 10, (uint16_t)(i + RIG_SSRC));
	frame_udp(frame, &from, &m->done.local, rtp, sizeof(rtp));
	memcpy(rig.head[i], frame, RIG_HEAD);
	memcpy(rig.head[i], rig.w->ports[0].mac, 6);
	memset(rig.head[i] + 40, 0, 2);
}

static void answers_take(uint32_t *answered)
{
	struct gate_msg m;

	while (rig_notice(&m)) {
		if (m.head.kind != GATE_DONE)
			continue;
		check(m.done.error == 0);
		++*answered;
		if (m.done.command == GATE_OPEN)
			opened(m.head.ticket - 1, &m);
	}
}

void rig_all(enum gate_kind kind, rig_fill_h *fill)
{
	uint32_t posted = 0, answered = 0;

	for (uint32_t i = 0; i < rig.sessions || answered < posted;) {
		struct gate_msg m = {.head = {.kind = kind, .ticket = i + 1}};

		if (i < rig.sessions) {
			m.head.session = rig.id[i];
			if (fill && !fill(&m, i)) {
				i++;
				continue;
			}
			if (gate_post(engine_gate(rig.e), 0, &m) == 0) {
				i++;
				posted++;
				continue;
			}
		}
		rig_idle(1000000);
		answers_take(&answered);
	}
}

static bool fill_open(struct gate_msg *m, uint32_t session)
{
	m->head.session = 0;
	m->open.media = (uint8_t)(session & 1);
	return true;
}

bool rig_fill_remote(struct gate_msg *m, uint32_t session)
{
	m->remote = (struct gate_remote){.rtp = far_of(session),
		.rtcp = far_of(session),
		.codec = CODEC_PCMU,
		.event_pt = 101,
		.ptime_ms = 20,
		.direction = GATE_SEND | GATE_RECV,
		.jitter_min_ms = 20,
		.jitter_max_ms = 200};
	m->remote.rtcp.port++;
	return true;
}

static void prompt_publish(const struct rig_config *config)
{
	struct gate_prompts *p;

	check(gate_prompts_new(RIG_PROMPT + 1, &p) == 0);
	check(gate_prompts_set(p, RIG_PROMPT, CODEC_PCMU, config->prompt, config->prompt_bytes) ==
		0);
	gate_prompts_publish(engine_gate(rig.e), p);
}

void rig_begin(const struct rig_config *config)
{
	static struct engine_config c = {.workers = 1, .ports = 1, .cores = {-1}};
	char error[ENGINE_ERROR_MAX];

	check(config->sessions <= RIG_SESSIONS_MAX);
	memset(&rig, 1, sizeof(rig)); // in memory, however many sessions there are
	memset(&rig, 0, sizeof(rig));
	c.sessions = config->sessions;
	c.port[0].kind = PORT_RING;
	medium(&c, "192.0.2.1");
	medium(&c, "192.0.2.2");
	if (engine_open(&c, &rig.e, error) != 0) {
		fprintf(stderr, "%s\n", error);
		exit(1);
	}
	if (config->plain)
		dtmf_gate_setup(DTMF_GATE_NONE, DTMF_GATE_PERCENT);
	thread_float_init();
	rig.w = engine_worker(rig.e, 0);
	rig.rx = engine_port_ring(rig.e, 0, 0, ENGINE_RING_RX);
	rig.tx = engine_port_ring(rig.e, 0, 0, ENGINE_RING_TX);
	rig.sessions = config->sessions;
	rig.now_ns = 1000000000;
	if (config->prompt)
		prompt_publish(config);
	rig_idle(50000000); // the gateway answers
	rig_all(GATE_OPEN, fill_open);
	if (!config->mute)
		rig_all(GATE_REMOTE, rig_fill_remote);
}

uint64_t rig_dropped(void)
{
	uint64_t drops = 0;

	for (unsigned i = 0; i < GATE_REASONS_MAX; i++)
		drops += rig.w->stats->drops[i];
	return drops;
}

void rig_explain(void)
{
	const struct gate_worker *s = rig.w->stats;

	check(s->rx_packets == rig.counts.in);
	check(s->rx_packets == s->delivered + rig_dropped());
	check(s->tx_packets == rig.counts.out && s->tx_drops == 0);
}

uint64_t rig_resident(void)
{
	unsigned long long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	check(f && fscanf(f, "%llu %llu", &all, &resident) == 2);
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void rig_tap(void)
{
	struct tap_windows w = {.recordings = (rig.sessions + 1) / 2};
	size_t lanes = 2ull * w.recordings, sound = lanes * TAP_LANE_BYTES;

	w.bytes = sound + lanes * sizeof(struct tap_lane);
	w.memory = mmap(NULL, w.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(w.memory != MAP_FAILED);
	madvise(w.memory, w.bytes, MADV_HUGEPAGE);
	memset(w.memory, 0xff, sound); // in memory before the first frame
	w.sound = w.memory;
	w.lanes = (struct tap_lane *)(void *)(w.sound + sound); // a page begins there
	for (uint32_t i = 0; i < lanes; i++) {
		w.lanes[i].silence = 0xff;
		atomic_store(&w.lanes[i].number, i / 2);
		atomic_store(&w.lanes[i].open, (uint64_t)UINT32_MAX << 32);
	}
	tap_attach(engine_tap(rig.e), &w);
	rig.windows = w;
}

uint64_t rig_tapped(void)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < 2 * rig.windows.recordings; i++)
		frames += atomic_load(&rig.windows.lanes[i].written);
	return frames;
}

void rig_end(void)
{
	engine_stop(rig.e);
}
