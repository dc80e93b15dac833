// Playing captures through an engine.
#include "tests/path/stage.h"

#include <string.h>
#include <sys/mman.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "engine/base/str.h"
#include "engine/engine.h"
#include "engine/net/neigh_arp.h"
#include "engine/worker.h"
#include "tests/path/pcap.h"
#include "tests/unit/engine/frames.h"

#define RTP_MIN 20000
#define RTP_MAX 20999

struct stage stage;

static const char *const far_ip[FARS] = {
	"192.0.2.9:4000", "192.0.2.8:6000", "192.0.2.7:8000", "192.0.2.66:4000"};

static struct {
	FILE *in, *out;
	struct pcap_frame next;
	bool more;
	struct engine *e;
	uint64_t now_ns;
	uint8_t mac[6]; // the engine's
	struct gate_prompts *prompts;
	uint32_t ticket;
	struct tap_windows windows; // of one recording, both sides
} s;

const char *stage_path(char out[STAGE_PATH_MAX], const char *kind)
{
	str_format(out, STAGE_PATH_MAX, "%s-%u.%s.pcap", stage.name, stage.workers, kind);
	return out;
}

const char *stage_far(enum far far)
{
	return far_ip[far];
}

uint16_t stage_port(enum far side)
{
	if (side != AGENT && side != SUPERVISOR)
		return RTP_MIN;
	return (stage.workers == 2 ? RTP_MIN + 500 : RTP_MIN + 2) + (side == SUPERVISOR ? 2 : 0);
}

static void inject(const void *data, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_ring_pool(s.e));
	struct rte_ring *r = engine_port_ring(s.e, 0, 0, ENGINE_RING_RX);
	char *room = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

	ck_assert_ptr_nonnull(room);
	memcpy(room, data, len);
	// Frames are written to our_mac; the port has one of its own.
	if (len >= 6 && memcmp(room, our_mac, 6) == 0)
		memcpy(room, s.mac, 6);
	ck_assert_int_eq(rte_ring_enqueue(r, m), 0);
	stage.injected++;
}

static void take_sent(void)
{
	struct rte_ring *r = engine_port_ring(s.e, 0, 0, ENGINE_RING_TX);
	struct rte_mbuf *m;
	uint8_t frame[PCAP_FRAME_MAX];

	while (rte_ring_dequeue(r, (void **)&m) == 0) {
		uint32_t len = rte_pktmbuf_pkt_len(m);
		memcpy(frame, rte_pktmbuf_mtod(m, uint8_t *), len);
		rte_pktmbuf_free(m);
		pcap_put(s.out, s.now_ns, frame, len);
		if (wire_get16(frame + 12) != ETHERTYPE_ARP)
			continue;
		memcpy(s.mac, frame + 6, 6);
		for (unsigned i = 0; i < FARS; i++) {
			struct wire_link far = link_of(far_mac, far_ip[i], 0);
			if (memcmp(frame + 14 + 24, far.ip.ip, 4) == 0)
				inject(frame, arp_answer(frame, 14, &far));
		}
	}
}

static void take_events(void)
{
	for (unsigned i = 0; i < stage.workers; i++) {
		while (stage.events < STAGE_EVENTS &&
			gate_take(engine_gate(s.e), i, &stage.event[stage.events]))
			stage.events++;
	}
	ck_assert_uint_lt(stage.events, STAGE_EVENTS);
}

static void turn(void)
{
	for (unsigned round = 0; round < 3; round++) { // what is handed over comes a round later
		for (unsigned i = 0; i < stage.workers; i++)
			worker_poll(engine_worker(s.e, i), s.now_ns);
		take_sent();
	}
	take_events();
}

void stage_until(uint64_t at_ms)
{
	uint64_t end_ns = STAGE_START_NS + at_ms * MS;

	for (; s.now_ns < end_ns; s.now_ns += MS / 2) {
		while (s.more && s.next.at_ns <= s.now_ns) {
			inject(s.next.data, s.next.len);
			s.more = pcap_get(s.in, &s.next);
		}
		turn();
	}
}

void stage_stall(uint64_t at_ms)
{
	s.now_ns = STAGE_START_NS + at_ms * MS;
	while (s.more && s.next.at_ns <= s.now_ns) {
		inject(s.next.data, s.next.len);
		s.more = pcap_get(s.in, &s.next);
	}
	turn();
}

uint8_t stage_prompt_byte(uint32_t prompt, uint32_t i)
{
	return (uint8_t)((prompt * 29 + i * 7 + i / 160) % 0x60 + 0x10); // never silence
}

static void publish_prompts(void)
{
	uint8_t payload[1000];

	ck_assert_int_eq(gate_prompts_new(4, &s.prompts), 0);
	for (uint32_t id = 1; id <= 2; id++) {
		for (uint32_t i = 0; i < sizeof(payload); i++)
			payload[i] = stage_prompt_byte(id, i);
		ck_assert_int_eq(
			gate_prompts_set(s.prompts, id, CODEC_PCMU, payload, sizeof(payload)), 0);
	}
	gate_prompts_publish(engine_gate(s.e), s.prompts);
}

void stage_open(enum far side)
{
	struct gate_msg m = {.head = {.kind = GATE_OPEN, .ticket = ++s.ticket}};
	unsigned worker = side == CALLER ? 0 : stage.workers - 1, seen = stage.events;

	ck_assert_int_eq(gate_post(engine_gate(s.e), worker, &m), 0);
	turn();
	ck_assert_uint_eq(stage.events, seen + 1);
	ck_assert_int_eq(stage.event[seen].done.error, 0);
	ck_assert_uint_eq(stage.event[seen].done.local.port, stage_port(side));
	stage.session[side] = stage.event[seen].head.session;
}

void stage_begin(void)
{
	static struct engine_config c = {
		.sessions = 100, .ports = 1, .media = 1, .cores = {-1, -1}};
	char error[ENGINE_ERROR_MAX], path[STAGE_PATH_MAX];

	gen_end();
	memset(&s, 0, sizeof(s));
	s.in = pcap_open(stage_path(path, "in"));
	s.out = pcap_create(stage_path(path, "out"));
	ck_assert(s.in && s.out);
	s.more = pcap_get(s.in, &s.next);
	s.now_ns = STAGE_START_NS;
	memset(stage.session, 0, sizeof(stage.session));
	memset(stage.taped, 0, sizeof(stage.taped));
	stage.events = 0;
	stage.injected = 0;
	c.workers = stage.workers;
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		c.coders[i] = 8;
	c.port[0].kind = PORT_RING;
	c.medium[0] = medium_of(LOCAL_IP, 24, 0);
	c.medium[0].rtp_min = RTP_MIN;
	c.medium[0].rtp_max = RTP_MAX;
	ck_assert_msg(engine_open(&c, &s.e, error) == 0, "%s", error);
	publish_prompts();
	turn(); // announces itself, which tells its MAC
	stage_open(CALLER);
	stage_open(AGENT);
}

struct gate_remote stage_remote(enum far side)
{
	struct gate_remote r = {.rtp = addr_of(far_ip[side]),
		.rtcp = addr_of(far_ip[side]),
		.codec = CODEC_PCMU,
		.event_pt = 101,
		.ptime_ms = 20,
		.direction = GATE_SEND | GATE_RECV,
		.jitter_min_ms = 20,
		.jitter_max_ms = 200};

	r.rtcp.port++;
	return r;
}

void stage_command(enum far side, enum gate_kind kind, struct gate_msg *m)
{
	unsigned seen = stage.events, done = 0;

	m->head = (struct gate_head){.kind = kind,
		.flags = m->head.flags,
		.ticket = ++s.ticket,
		.session = stage.session[side]};
	ck_assert_int_eq(gate_post(engine_gate(s.e), gate_session_worker(m->head.session), m), 0);
	turn();
	for (unsigned i = seen; i < stage.events; i++) {
		const struct gate_msg *e = &stage.event[i];
		if (e->head.kind != GATE_DONE || e->head.ticket != s.ticket)
			continue;
		ck_assert_int_eq(e->done.error, 0);
		done++;
	}
	ck_assert_uint_eq(done, 1);
}

void stage_set_remote(enum far side, const struct gate_remote *r)
{
	stage_set_remote_as(side, r, 0);
}

void stage_set_remote_as(enum far side, const struct gate_remote *r, unsigned flags)
{
	struct gate_msg m = {.head.flags = (uint16_t)flags, .remote = *r};

	stage_command(side, GATE_REMOTE, &m);
}

void stage_begin_two(const struct gate_remote *caller, const struct gate_remote *agent)
{
	struct gate_remote c = caller ? *caller : stage_remote(CALLER);
	struct gate_remote a = agent ? *agent : stage_remote(AGENT);

	stage_begin();
	stage_set_remote(CALLER, &c);
	stage_set_remote(AGENT, &a);
}

void stage_play(enum far side, uint32_t prompt, unsigned flags)
{
	struct gate_msg m = {.play = {.prompt = prompt, .flags = (uint16_t)flags}};

	stage_command(side, GATE_PLAY, &m);
}

void stage_collect(enum far side)
{
	struct gate_msg m = {.collect.on = 1};

	stage_command(side, GATE_COLLECT, &m);
}

void stage_bridge(void)
{
	struct gate_msg there = {.bridge.peer = stage.session[AGENT]};
	struct gate_msg back = {.bridge.peer = stage.session[CALLER]};

	stage_command(CALLER, GATE_BRIDGE, &there);
	stage_command(AGENT, GATE_BRIDGE, &back);
}

void stage_mix(enum far side, uint8_t says, uint8_t hears, uint16_t gain_256)
{
	struct gate_msg m = {.mix = {.mixer = gate_mixer(0, 1, 7),
				     .gain_256 = gain_256,
				     .says = says,
				     .hears = hears}};

	stage_command(side, GATE_MIX, &m);
}

void stage_mask(enum far side, bool on)
{
	struct gate_msg m = {.mask.on = on};

	stage_command(side, GATE_MASK, &m);
}

static void attach_tape(void)
{
	size_t lanes = 2 * sizeof(struct tap_lane);
	struct tap_windows w = {.recordings = 1, .bytes = lanes + 2 * TAP_LANE_BYTES};

	w.memory = mmap(NULL, w.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(w.memory != MAP_FAILED);
	w.lanes = w.memory;
	w.sound = (uint8_t *)w.memory + lanes;
	s.windows = w;
	tap_attach(engine_tap(s.e), &w);
}

void stage_record(enum far side, enum codec_id law)
{
	enum gate_side of = side == CALLER ? SIDE_LEFT : SIDE_RIGHT;
	struct gate_msg m = {
		.record = {.start_ns = STAGE_START_NS, .on = 1, .side = of, .law = law}};

	if (!s.windows.memory)
		attach_tape();
	if (atomic_load(&s.windows.lanes[of].open) == 0) { // nobody has laid into it
		memset(s.windows.sound + of * TAP_LANE_BYTES, codec_get(law)->silence,
			TAP_LANE_BYTES);
		s.windows.lanes[of].silence = codec_get(law)->silence;
		atomic_store(&s.windows.lanes[of].open, (uint64_t)TAP_CHUNKS << 32);
	}
	stage_command(side, GATE_RECORD, &m);
}

const struct tap_windows *stage_windows(void)
{
	return &s.windows;
}

bool stage_live(enum far side, struct gate_live *out)
{
	return gate_live_read(engine_gate(s.e), stage.session[side], out);
}

void stage_udp(enum far far, uint16_t port, const void *data, uint32_t len)
{
	static uint8_t frame[PCAP_FRAME_MAX];
	struct wire_link from = link_of(far_mac, stage_far(far), 0);
	struct addr to = addr_of(LOCAL_IP);

	from.ip.port += port & 1;
	to.port = port;
	inject(frame, frame_udp(frame, &from, &to, data, (uint16_t)len));
	turn();
}

static void check_explained(void)
{
	uint64_t received = 0;

	for (unsigned i = 0; i < stage.workers; i++) {
		struct gate_worker *w = &stage.counters[i];
		uint64_t drops = 0;
		gate_worker_read(engine_gate(s.e), i, w);
		for (unsigned k = 0; k < GATE_REASONS_MAX; k++)
			drops += w->drops[k];
		ck_assert_uint_eq(w->rx_packets, w->delivered + drops);
		ck_assert_uint_eq(w->tx_drops, 0);
		received += w->rx_packets;
	}
	ck_assert_uint_eq(received, stage.injected);
}

static void take_tape(void)
{
	for (unsigned side = 0; side < 2 && s.windows.memory; side++) {
		struct tap_lane *l = &s.windows.lanes[side];
		uint64_t second = atomic_load(&l->filled[1]);
		stage.taped[side] = second >> 32 ? TAP_CHUNK_SAMPLES + (uint32_t)second
						 : (uint32_t)atomic_load(&l->filled[0]);
		memcpy(stage.tape[side], s.windows.sound + side * TAP_LANE_BYTES, TAP_LANE_BYTES);
	}
}

void stage_end(void)
{
	struct gate_msg m = {0};

	ck_assert(!s.more); // the whole input was played
	stage.closing_ns = s.now_ns;
	for (unsigned i = CALLER; i <= SUPERVISOR; i++)
		if (stage.session[i])
			stage_command(i, GATE_CLOSE, &m);
	stage_until((s.now_ns - STAGE_START_NS) / MS + 41); // counters are published once a tick
	check_explained();
	take_tape();
	engine_stop(s.e);
	fclose(s.in);
	fclose(s.out);
	if (!stage.unheard)
		heard_load();
}
