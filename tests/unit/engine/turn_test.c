// Whole turns of workers over a ring port: what comes in is delivered, answered, handed over or
// dropped, and every packet is explained; what goes out is as the wire wants it.
#include "tests/unit/unit.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/net/neigh_arp.h"
#include "engine/net/neigh_nd.h"
#include "tests/unit/engine/frames.h"
#include "tests/unit/engine/session_double.h"

#define START_NS (1000 * NS_PER_S)

struct rig {
	struct engine *e;
	unsigned workers;
	uint64_t now_ns, injected;
	uint8_t mac[6];	   // the engine's
	struct rx_map far; // the far end's view
};

static struct rig rig;
static uint8_t frame[4096];
static uint32_t frame_len;
static struct wire_link far4, far6;
static struct addr our4, our6;

static void far_init(void)
{
	static struct engine_config c = {.media = 2, .workers = 1};

	far4 = link_of(far_mac, "192.0.2.9:20000", 0);
	far6 = link_of(far_mac, "[2001:db8::9]:20000", 0);
	our4 = addr_of("192.0.2.1:28000"); // in the upper half: the second of two workers
	our6 = addr_of("[2001:db8::1]:28000");
	c.medium[0] = medium_of("192.0.2.9", 24, 0);
	c.medium[1] = medium_of("2001:db8::9", 64, 0);
	rx_map_init(&rig.far, &c, 0, far_mac);
}

static void begin(unsigned workers)
{
	static struct engine_config c = {
		.sessions = 100, .ports = 1, .media = 3, .cores = {-1, -1}};
	char error[ENGINE_ERROR_MAX];

	c.workers = workers;
	c.port[0].kind = PORT_RING;
	c.medium[0] = medium_of("192.0.2.1", 24, 0);
	c.medium[1] = medium_of("2001:db8::1", 64, 0);
	c.medium[2] = medium_of("10.7.0.1", 24, 7);
	c.medium[2].gateway = addr_of("10.7.0.254");
	ck_assert_msg(engine_open(&c, &rig.e, error) == 0, "%s", error);
	rig.workers = workers;
	rig.now_ns = START_NS;
	double_port = 28000;
	double_echo = true;
	far_init();
}

static void put(struct rte_mbuf *m)
{
	struct rte_ring *r = engine_port_ring(rig.e, 0, 0, ENGINE_RING_RX);

	ck_assert_int_eq(rte_ring_enqueue(r, m), 0);
	rig.injected++;
}

static void inject(uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_ring_pool(rig.e));

	ck_assert_ptr_nonnull(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), frame, len);
	// Frames are written to our_mac; the port has one of its own.
	if (memcmp(rte_pktmbuf_mtod(m, uint8_t *), our_mac, 6) == 0)
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), rig.mac, 6);
	put(m);
}

static void turn(uint64_t pass_ns)
{
	rig.now_ns += pass_ns;
	for (unsigned round = 0; round < 2; round++) // what is handed over arrives in the second
		for (unsigned i = 0; i < rig.workers; i++)
			worker_poll(engine_worker(rig.e, i), rig.now_ns);
}

// The next frame that the engine sent, into frame; false: none.
static bool sent(void)
{
	struct rte_ring *r = engine_port_ring(rig.e, 0, 0, ENGINE_RING_TX);
	void *mbuf;

	if (rte_ring_dequeue(r, &mbuf) != 0)
		return false;
	frame_len = rte_pktmbuf_pkt_len((struct rte_mbuf *)mbuf);
	memcpy(frame, rte_pktmbuf_mtod((struct rte_mbuf *)mbuf, uint8_t *), frame_len);
	rte_pktmbuf_free(mbuf);
	return true;
}

// They are published once a tick.
static struct gate_worker counters(unsigned worker)
{
	struct gate_worker w;

	for (unsigned i = 0; i < 2 * SUBSLOTS; i++)
		turn(SUBSLOT_NS);
	gate_worker_read(engine_gate(rig.e), worker, &w);
	return w;
}

static uint64_t drops_of(const struct gate_worker *w)
{
	uint64_t drops = 0;

	for (unsigned i = 0; i < GATE_REASONS_MAX; i++)
		drops += w->drops[i];
	return drops;
}

// Every packet that was injected was received once, and every one received is explained.
static void explained(void)
{
	uint64_t received = 0;

	for (unsigned i = 0; i < rig.workers; i++) {
		struct gate_worker w = counters(i);

		ck_assert_uint_eq(w.rx_packets, w.delivered + drops_of(&w));
		received += w.rx_packets;
	}
	ck_assert_uint_eq(received, rig.injected);
}

// The announcements of a start, which tell us the engine's MAC.
static void announced(void)
{
	struct neigh_heard h;

	turn(0);
	ck_assert(sent());
	arp_read(frame, 14, &h);
	memcpy(rig.mac, h.mac, 6);
	ck_assert_mem_eq(frame + 14 + 14, our4.ip, 4);
	ck_assert(sent());
	ck_assert_uint_eq(frame_len, 14 + 40 + 32);
	ck_assert_mem_eq(frame + 54 + 8, our6.ip, 16);
	ck_assert(sent());
	ck_assert_uint_eq(wire_get16(frame + 14) & 0xfff, 7);
	while (sent()) // the gateway's turn may have come
		ck_assert_uint_eq(frame_len, 18 + 28);
}

static void answer_questions(void)
{
	uint32_t len;

	ck_assert(sent());
	if (wire_get16(frame + 12) == ETHERTYPE_ARP) {
		ck_assert_mem_eq(frame + 14 + 24, far4.ip.ip, 4);
		len = arp_answer(frame, 14, &far4);
	} else {
		ck_assert_mem_eq(frame + 54 + 8, far6.ip.ip, 16);
		len = nd_answer(frame, 14, &far6);
	}
	inject(len);
	turn(0);
}

static void echo_works(const struct wire_link *from, const struct addr *to)
{
	static const char payload[] = "\x80odd number";
	struct rx_hit hit;
	struct addr sender;

	inject(frame_udp(frame, from, to, payload, sizeof(payload)));
	turn(0);
	answer_questions(); // the first packet waits for the answer, and is not lost
	ck_assert(sent());
	ck_assert_mem_eq(frame, far_mac, 6);
	ck_assert_mem_eq(frame + 6, rig.mac, 6);
	ck_assert_int_eq(rx_parse(&rig.far, frame, frame_len, &hit), RX_UDP);
	ck_assert(rx_checksum_good(&rig.far, frame, &hit));
	ck_assert_uint_eq(hit.port, from->ip.port);
	ck_assert_uint_eq(hit.len, sizeof(payload));
	ck_assert_mem_eq(frame + hit.l4 + 8, payload, sizeof(payload));
	rx_sender(frame, &hit, &sender);
	ck_assert(addr_equal(&sender, to));
	ck_assert(wire_get16(frame + hit.l4 + 6) != 0);
	if (hit.ip6)
		ck_assert_uint_eq(wire_get16(frame + hit.l3) >> 4 & 0xff, 46 << 2);
	else
		ck_assert_uint_eq(frame[hit.l3 + 1], 46 << 2);
	ck_assert(!sent());
	// From now on nobody asks.
	inject(frame_udp(frame, from, to, payload, sizeof(payload) - 1));
	turn(0);
	ck_assert(sent());
	ck_assert_int_eq(rx_parse(&rig.far, frame, frame_len, &hit), RX_UDP);
	ck_assert(rx_checksum_good(&rig.far, frame, &hit));
	ck_assert(!sent());
}

static void sessions_get_and_send(unsigned workers)
{
	begin(workers);
	announced();
	echo_works(&far4, &our4);
	ck_assert(addr_equal(&double_seen.from, &far4.ip));
	ck_assert_uint_eq(double_seen.worker, workers - 1);
	echo_works(&far6, &our6);
	ck_assert(addr_equal(&double_seen.from, &far6.ip));
	ck_assert_uint_eq(double_seen.packets, 4);
	explained();
	engine_stop(rig.e);
}

START_TEST(sessions_get_and_send_with_one_worker)
{
	sessions_get_and_send(1);
}
END_TEST

START_TEST(sessions_get_and_send_with_two_workers)
{
	sessions_get_and_send(2);
}
END_TEST

START_TEST(far_ends_off_the_link_go_by_the_gateway_and_its_vlan)
{
	struct wire_link far = link_of(far_mac, "198.51.100.5:20000", 7);
	struct wire_link gateway = link_of(far_mac, "10.7.0.254", 7);
	struct addr our = addr_of("10.7.0.1:28000");
	struct gate_media media;
	unsigned asked = 0;

	begin(2);
	announced();
	for (unsigned i = 0; i < 600; i++) { // each worker asks for the gateway
		turn(NS_PER_MS);
		while (sent()) {
			ck_assert_uint_eq(wire_get16(frame + 16), ETHERTYPE_ARP);
			ck_assert_mem_eq(frame + 18 + 24, gateway.ip.ip, 4);
			inject(arp_answer(frame, 18, &gateway));
			asked++;
		}
	}
	ck_assert_uint_ge(asked, 1);
	inject(frame_udp(frame, &far, &our, "\x80x", 2));
	turn(0);
	ck_assert(sent());
	ck_assert_mem_eq(frame, far_mac, 6);
	ck_assert_uint_eq(wire_get16(frame + 12), ETHERTYPE_VLAN);
	ck_assert_uint_eq(wire_get16(frame + 14), 5 << 13 | 7); // EF is voice
	ck_assert_mem_eq(frame + 18 + 16, far.ip.ip, 4);
	ck_assert(!sent());
	for (unsigned i = 0; i < 600; i++)
		turn(NS_PER_MS);
	gate_media_read(engine_gate(rig.e), 2, &media);
	ck_assert(media.gateway_known && media.gateway_lost == 0);
	for (unsigned i = 0; i < 15000; i++) { // it dies
		turn(NS_PER_MS);
		while (sent())
			;
	}
	gate_media_read(engine_gate(rig.e), 2, &media);
	ck_assert(!media.gateway_known && media.gateway_lost == 1);
	inject(frame_udp(frame, &far, &our, "\x80x", 2)); // and is tried all the same
	turn(0);
	ck_assert(sent());
	explained();
	engine_stop(rig.e);
}
END_TEST

START_TEST(every_packet_is_explained)
{
	struct rng rng;
	struct gate_worker w;

	begin(2);
	announced();
	double_echo = false;
	double_verdict = DROP_RTP_STRANGER;
	rng_seed(&rng, 1);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t len = 0;

		our4.port = (uint16_t)(19990 + rng_below(&rng, 10020));
		switch (rng_below(&rng, 5)) {
		case 0:
			len = frame_udp(frame, &far4, &our4, "\x80x", 2);
			break;
		case 1:
			len = frame_udp(frame, &far6, &our6, "\x80x", 2);
			break;
		case 2:
			len = frame_ping(frame, &far4, &our4, 20);
			break;
		case 3:
			len = arp_question(frame, &far4, our4.ip, NULL);
			break;
		case 4:
			len = nd_question(frame, &far6, our6.ip, NULL);
			break;
		}
		if (rng_below(&rng, 2)) // some damage, in every place
			frame[rng_below(&rng, len)] ^= (uint8_t)rng_u64(&rng);
		if (rng_below(&rng, 8) == 0)
			len = rng_below(&rng, len);
		inject(len);
		turn(100000);
		while (sent())
			;
	}
	explained();
	w = counters(1);
	ck_assert_uint_gt(w.drops[DROP_RTP_STRANGER], 0);
	ck_assert_uint_gt(w.drops[DROP_SESSION_NONE], 0);
	w = counters(0);
	ck_assert_uint_gt(w.handed_over, 0);
	engine_stop(rig.e);
}
END_TEST

START_TEST(frames_in_pieces_are_put_together)
{
	struct rte_mbuf *first, *second;
	uint32_t len;

	begin(1);
	announced();
	len = frame_udp(frame, &far4, &our4, "\x80pieces", 7);
	memcpy(frame, rig.mac, 6);
	for (uint32_t cut = 1; cut < len; cut++) {
		first = rte_pktmbuf_alloc(engine_ring_pool(rig.e));
		second = rte_pktmbuf_alloc(engine_ring_pool(rig.e));
		memcpy(rte_pktmbuf_append(first, (uint16_t)cut), frame, cut);
		memcpy(rte_pktmbuf_append(second, (uint16_t)(len - cut)), frame + cut, len - cut);
		rte_pktmbuf_chain(first, second);
		put(first);
		turn(0);
		ck_assert_uint_eq(double_seen.packets, cut);
	}
	// More than any frame of ours.
	first = rte_pktmbuf_alloc(engine_ring_pool(rig.e));
	second = rte_pktmbuf_alloc(engine_ring_pool(rig.e));
	memset(rte_pktmbuf_append(first, 1500), 0, 1500);
	memset(rte_pktmbuf_append(second, 1500), 0, 1500);
	rte_pktmbuf_chain(first, second);
	put(first);
	explained();
	ck_assert_uint_eq(counters(0).drops[DROP_ETH_LONG], 1);
	engine_stop(rig.e);
}
END_TEST

START_TEST(a_full_ring_between_workers_is_a_named_drop)
{
	begin(2);
	announced();
	double_echo = false;
	for (unsigned i = 0; i < 2 * HAND_SLOTS; i++) {
		inject(frame_udp(frame, &far4, &our4, "\x80x", 2));
		worker_poll(engine_worker(rig.e, 0), rig.now_ns);
	}
	explained();
	ck_assert_uint_eq(counters(0).drops[DROP_HANDOVER], HAND_SLOTS);
	ck_assert_uint_eq(double_seen.packets, HAND_SLOTS);
	engine_stop(rig.e);
}
END_TEST

START_TEST(what_cannot_be_sent_is_counted)
{
	struct gate_worker w;
	unsigned packets = 0;

	begin(1);
	announced();
	for (unsigned i = 0; i < 200; i++) { // nobody answers the question
		inject(frame_udp(frame, &far4, &our4, "\x80x", 2));
		turn(0);
	}
	for (unsigned i = 0; i < 3000; i++)
		turn(NS_PER_MS);
	while (sent())
		packets += wire_get16(frame + 12) == ETHERTYPE_IP4;
	w = counters(0);
	ck_assert_uint_eq(packets, 0);
	ck_assert_uint_eq(w.tx_drops, 200);
	engine_stop(rig.e);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {sessions_get_and_send_with_one_worker,
		sessions_get_and_send_with_two_workers,
		far_ends_off_the_link_go_by_the_gateway_and_its_vlan, every_packet_is_explained,
		frames_in_pieces_are_put_together, a_full_ring_between_workers_is_a_named_drop,
		what_cannot_be_sent_is_counted};

	setenv("CK_FORK", "yes", 1); // DPDK starts once in a process
	return unit_run("turn", tests, sizeof(tests) / sizeof(tests[0]));
}
