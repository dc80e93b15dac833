// An engine under full load without a network.
#include "bench/rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "bench/bench.h"
#include "dsp/codec.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "engine/engine.h"
#include "engine/neigh_arp.h"
#include "engine/port.h"
#include "engine/thread.h"
#include "tests/unit/engine/frames.h"

#define VOICES	     16
#define VOICE_FRAMES 500 // ten seconds
#define RIG_BURST    32
#define HEAD	     54 // Ethernet to RTP
#define ROUND_NS     20000000ull
#define PROMPT	     1

static struct {
	struct engine *e;
	struct worker *w;
	struct rte_ring *rx, *tx;
	uint32_t sessions;
	gate_session id[RIG_SESSIONS_MAX];
	uint8_t head[RIG_SESSIONS_MAX][HEAD];
	uint32_t order[RIG_SESSIONS_MAX]; // in which packets come
	uint8_t voice[VOICES][VOICE_FRAMES][160];
	uint64_t now_ns, rounds, injected;
} rig;

// Harmonics of a pitch that wanders, loud and soft by syllables, with pauses: enough like
// speech for detectors to have the work that they have with speech.
static void voices_make(void)
{
	const struct codec *codec = codec_get(CODEC_PCMU);
	int16_t frame[160];
	struct rng rng;

	rng_seed(&rng, 7);
	for (unsigned v = 0; v < VOICES; v++) {
		double pitch_hz = 90 + 10 * v, phase = 0, level = 0, target = 0;

		for (unsigned f = 0; f < VOICE_FRAMES; f++) {
			if (f % 10 == 0)
				target = rng_below(&rng, 4) ? rng_below(&rng, 6000) : 0;
			for (unsigned i = 0; i < 160; i++) {
				double sum = 0;

				phase += 2 * M_PI * pitch_hz / 8000;
				level += (target - level) / 400;
				for (unsigned h = 1; h < 12; h++)
					sum += sin(h * phase + h * v) / h;
				frame[i] =
					(int16_t)(level * sum + (double)rng_below(&rng, 200) - 100);
			}
			pitch_hz += (double)rng_below(&rng, 9) - 4;
			pitch_hz = pitch_hz < 70 ? 70 : pitch_hz > 300 ? 300 : pitch_hz;
			codec->encode(rig.voice[v][f], frame, 160);
		}
	}
}

static struct addr far_of(uint32_t session)
{
	struct addr a = addr_of("198.18.0.0");

	wire_put16(a.ip + 2, (uint16_t)(session >> 4));
	a.port = (uint16_t)(4000 + 2 * (session & 15));
	return a;
}

static struct engine_media *medium(struct engine_config *c, const char *ip)
{
	struct engine_media *m = &c->medium[c->media++];

	*m = medium_of(ip, 24, 0);
	m->gateway = addr_of("192.0.2.254");
	m->rtp_min = 1536;
	m->rtp_max = 65535;
	return m;
}

static void sent_take(uint64_t *count)
{
	struct rte_mbuf *m[RIG_BURST];
	static struct wire_link gateway;
	uint8_t frame[NEIGH_FRAME_MAX];
	unsigned n;

	if (!gateway.ip.family)
		gateway = link_of(far_mac, "192.0.2.254", 0);
	while ((n = rte_ring_dequeue_burst(rig.tx, (void **)m, RIG_BURST, NULL)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			const uint8_t *data = rte_pktmbuf_mtod(m[i], uint8_t *);
			struct rte_mbuf *answer;

			if (wire_get16(data + 12) != ETHERTYPE_ARP) {
				++*count;
				continue;
			}
			memcpy(frame, data, 42);
			if (memcmp(frame + 38, gateway.ip.ip, 4) != 0)
				continue;
			answer = rte_pktmbuf_alloc(engine_ring_pool(rig.e));
			memcpy(rte_pktmbuf_append(answer, 42), frame,
				arp_answer(frame, 14, &gateway));
			memcpy(rte_pktmbuf_mtod(answer, uint8_t *), frame, 42);
			check(rte_ring_enqueue(rig.rx, answer) == 0);
			rig.injected++;
		}
		rte_pktmbuf_free_bulk(m, n);
	}
}

static void idle(uint64_t ns)
{
	uint64_t none = 0;

	for (uint64_t end_ns = rig.now_ns + ns; rig.now_ns < end_ns; rig.now_ns += 100000) {
		worker_poll(rig.w, rig.now_ns);
		sent_take(&none);
	}
}

gate_session rig_session(uint32_t session)
{
	return rig.id[session];
}

static void answers_take(uint32_t *answered)
{
	struct gate_msg m;

	while (gate_take(engine_gate(rig.e), 0, &m)) {
		if (m.head.kind != GATE_DONE)
			continue;
		check(m.done.error == 0);
		++*answered;
		if (m.done.command != GATE_OPEN)
			continue;
		uint32_t i = m.head.ticket - 1;
		struct addr far = far_of(i);
		struct wire_link from = link_of(far_mac, "198.18.0.0", 0);
		uint8_t frame[300], rtp[172] = {0x80};

		from.ip = far;
		rig.id[i] = m.head.session;
		wire_put16(rtp + 8, (uint16_t)(i >> 16));
		wire_put16(rtp + 10, (uint16_t)i); // SSRC
		frame_udp(frame, &from, &m.done.local, rtp, sizeof(rtp));
		memcpy(rig.head[i], frame, HEAD);
		memcpy(rig.head[i], rig.w->ports[0].mac, 6);
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
		idle(1000000);
		answers_take(&answered);
	}
}

static bool fill_open(struct gate_msg *m, uint32_t session)
{
	m->head.session = 0;
	m->open.media = (uint8_t)(session & 1);
	return true;
}

static bool fill_remote(struct gate_msg *m, uint32_t session)
{
	m->remote = (struct gate_remote){.rtp = far_of(session),
		.codec = CODEC_PCMU,
		.event_pt = 101,
		.ptime_ms = 20,
		.direction = GATE_SEND | GATE_RECV,
		.jitter_min_ms = 20,
		.jitter_max_ms = 200};
	return true;
}

static void prompts_publish(void)
{
	struct gate_prompts *p;

	check(gate_prompts_new(PROMPT + 1, &p) == 0);
	check(gate_prompts_set(p, PROMPT, CODEC_PCMU, rig.voice[0][0], sizeof(rig.voice[0])) == 0);
	gate_prompts_publish(engine_gate(rig.e), p);
}

void rig_begin(uint32_t sessions)
{
	static struct engine_config c = {.workers = 1, .ports = 1, .cores = {-1}};
	char error[ENGINE_ERROR_MAX];
	struct rng rng;

	check(sessions <= RIG_SESSIONS_MAX);
	c.sessions = sessions;
	c.port[0].kind = PORT_RING;
	medium(&c, "192.0.2.1");
	medium(&c, "192.0.2.2");
	if (engine_open(&c, &rig.e, error) != 0) {
		fprintf(stderr, "%s\n", error);
		exit(1);
	}
	thread_float_init();
	rig.w = engine_worker(rig.e, 0);
	rig.rx = engine_port_ring(rig.e, 0, 0, ENGINE_RING_RX);
	rig.tx = engine_port_ring(rig.e, 0, 0, ENGINE_RING_TX);
	rig.sessions = sessions;
	rig.now_ns = 1000000000;
	rng_seed(&rng, 3);
	for (uint32_t i = 0; i < sessions; i++) {
		uint32_t other = rng_below(&rng, i + 1);

		rig.order[i] = rig.order[other];
		rig.order[other] = i;
	}
	voices_make();
	prompts_publish();
	idle(50000000); // the gateway answers
	rig_all(GATE_OPEN, fill_open);
	rig_all(GATE_REMOTE, fill_remote);
}

static struct rte_mbuf *packet(uint32_t session)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_ring_pool(rig.e));
	uint8_t *frame;
	uint64_t sum;

	check(m);
	m->data_len = HEAD + 160;
	m->pkt_len = m->data_len;
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(frame, rig.head[session], HEAD);
	memcpy(frame + HEAD, rig.voice[session % VOICES][(rig.rounds + session) % VOICE_FRAMES],
		160);
	wire_put16(frame + 44, (uint16_t)rig.rounds);
	wire_put16(frame + 46, (uint16_t)(rig.rounds * 160 >> 16));
	wire_put16(frame + 48, (uint16_t)(rig.rounds * 160));
	memset(frame + 40, 0, 2);
	sum = wire_sum16(wire_sum_pseudo(frame + 26, false, PROTOCOL_UDP), 180);
	wire_put_checksum(frame + 40, wire_sum(sum, frame + 34, 180));
	return m;
}

struct rig_round rig_run(void)
{
	struct rig_round round = {0};
	struct rte_mbuf *burst[RIG_BURST];

	for (uint32_t at = 0; at < rig.sessions;) {
		uint32_t n = rig.sessions - at < RIG_BURST ? rig.sessions - at : RIG_BURST;
		uint64_t start_ns;

		for (uint32_t i = 0; i < n; i++)
			burst[i] = packet(rig.order[at + i]);
		check(rte_ring_enqueue_bulk(rig.rx, (void **)burst, n, NULL) == n);
		start_ns = bench_ns();
		worker_poll(rig.w, rig.now_ns);
		round.worker_ns += (double)(bench_ns() - start_ns);
		sent_take(&round.out);
		at += n;
		round.in += n;
		rig.now_ns += ROUND_NS * n / rig.sessions;
	}
	// Sub-slots are due by the clock, not by packets: those that few packets left over.
	for (unsigned i = 0; i < SUBSLOTS; i++) {
		uint64_t start_ns = bench_ns();
		unsigned work = worker_poll(rig.w, rig.now_ns);

		round.worker_ns += work ? (double)(bench_ns() - start_ns) : 0;
		sent_take(&round.out);
	}
	rig.rounds++;
	rig.injected += round.in;
	return round;
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

	check(s->rx_packets == rig.injected);
	check(s->rx_packets == s->delivered + rig_dropped());
}

void rig_end(void)
{
	engine_stop(rig.e);
}
