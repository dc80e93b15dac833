// Neighbours: who is asked, when, and whose word counts.
#include "tests/unit/unit.h"

#include "engine/net/neigh.h"
#include "engine/net/neigh_nd.h"
#include "tests/unit/engine/frames.h"

static const uint8_t other_mac[6] = {2, 0, 0, 0, 0, 0x66};

static struct engine_config config;
static struct neigh *n;
static uint8_t frame[NEIGH_FRAME_MAX];

static void begin(void)
{
	memset(&config, 0, sizeof(config));
	config.media = 2;
	config.ports = 1;
	config.medium[0] = medium_of("192.0.2.1", 24, 7);
	config.medium[0].gateway = addr_of("192.0.2.254");
	config.medium[1] = medium_of("2001:db8::1", 64, 0);
	ck_assert_int_eq(neigh_new(&config, &our_mac, &n), 0);
}

static struct neigh_heard heard(const char *ip, const uint8_t mac[6], bool answer)
{
	struct neigh_heard h = {.ip = addr_of(ip), .answer = answer, .question = !answer};

	memcpy(h.mac, mac, 6);
	return h;
}

static uint32_t find(uint8_t media, const char *ip, uint64_t now_ms)
{
	struct addr to = addr_of(ip);

	return neigh_find(n, media, &to, now_ms);
}

// Lets time pass, a millisecond at a time; returns how many questions went out, `index`'s in
// *asked, its last one in frame.
static unsigned pass(uint64_t *now_ms, uint64_t ms, uint32_t index, unsigned *asked)
{
	uint8_t other[NEIGH_FRAME_MAX];
	unsigned all = 0;
	uint32_t due;

	*asked = 0;
	for (uint64_t end = *now_ms + ms; *now_ms < end; ++*now_ms)
		while ((due = neigh_due(n, *now_ms)) != NEIGH_NONE) {
			neigh_question(n, due, due == index ? frame : other, *now_ms);
			all++;
			*asked += due == index;
		}
	return all;
}

START_TEST(next_hops)
{
	uint32_t gateway;

	begin();
	gateway = neigh_gateway(n, 0);
	ck_assert_uint_ne(gateway, NEIGH_NONE);
	ck_assert_uint_eq(neigh_gateway(n, 1), NEIGH_NONE);
	ck_assert_uint_eq(find(0, "198.51.100.1", 0), gateway);
	ck_assert_uint_eq(find(0, "192.0.2.254", 0), gateway);
	ck_assert_uint_ne(find(0, "192.0.2.9", 0), gateway);
	ck_assert_uint_eq(find(0, "192.0.2.9", 5), find(0, "192.0.2.9", 9));
	ck_assert_uint_eq(find(0, "2001:db8::9", 0), NEIGH_NONE); // the other IP version
	ck_assert_uint_eq(find(1, "2001:db9::9", 0), NEIGH_NONE); // no gateway
	ck_assert_uint_ne(find(1, "fe80::9", 0), NEIGH_NONE);	  // always on the link
	ck_assert_uint_eq(neigh_count(n, 0), 2);
	neigh_free(n);
}
END_TEST

// A router is known by the address of its link alone, as its advertisements name it.
START_TEST(a_gateway_of_the_link_alone)
{
	struct neigh_heard h;
	uint32_t gateway;

	begin();
	neigh_free(n);
	addr_parse("fe80::1", &config.medium[1].gateway);
	ck_assert_int_eq(neigh_new(&config, &our_mac, &n), 0);
	gateway = neigh_gateway(n, 1);
	ck_assert_uint_ne(gateway, NEIGH_NONE);
	ck_assert_uint_eq(find(1, "2001:db9::9", 0), gateway);
	ck_assert_uint_eq(find(1, "fe80::1", 0), gateway);
	ck_assert_uint_ne(find(1, "fe80::9", 0), gateway);
	ck_assert_uint_gt(neigh_question(n, gateway, frame, 100), 0);
	h = heard("fe80::1", far_mac, true);
	ck_assert_uint_eq(neigh_hear(n, 1, &h, 101), gateway);
	ck_assert_mem_eq(neigh_at(n, gateway)->mac, far_mac, 6);
	neigh_free(n);
}
END_TEST

START_TEST(a_question_and_its_answer)
{
	struct neigh_heard h;
	uint32_t index, len;

	begin();
	index = find(0, "192.0.2.9", 100);
	ck_assert(neigh_unasked(n, index));
	// An answer that nobody asked for.
	h = heard("192.0.2.9", other_mac, true);
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 100), NEIGH_NONE);
	len = neigh_question(n, index, frame, 100);
	ck_assert_uint_eq(len, 18 + 28);
	ck_assert_uint_eq(wire_get16(frame + 14) & 0xfff, 7);
	ck_assert_uint_eq(wire_get16(frame + 14) >> 13, 5); // voice
	ck_assert(!neigh_unasked(n, index));
	h = heard("192.0.2.9", far_mac, true);
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 101), index);
	ck_assert_mem_eq(neigh_at(n, index)->mac, far_mac, 6);
	// A second answer, which somebody else slips in.
	h = heard("192.0.2.9", other_mac, true);
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 102), NEIGH_NONE);
	ck_assert_mem_eq(neigh_at(n, index)->mac, far_mac, 6);
	neigh_free(n);
}
END_TEST

START_TEST(who_asks_for_us_is_known)
{
	struct neigh_heard h = heard("192.0.2.9", far_mac, false);
	uint32_t index, generation;

	begin();
	index = neigh_hear(n, 0, &h, 1000);
	ck_assert_uint_ne(index, NEIGH_NONE);
	ck_assert_uint_eq(find(0, "192.0.2.9", 1000), index);
	generation = neigh_at(n, index)->generation;
	h = heard("192.0.2.9", other_mac, false); // it has a new network card
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 1001), index);
	ck_assert_uint_ne(neigh_at(n, index)->generation, generation);
	h = heard("198.51.100.1", far_mac, false); // from off the link
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 1002), NEIGH_NONE);
	h = heard("192.0.2.1", far_mac, false); // pretends to be us
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 1002), NEIGH_NONE);
	h = heard("192.0.2.10", far_mac, false);
	h.mac[0] |= 1;
	ck_assert_uint_eq(neigh_hear(n, 0, &h, 1002), NEIGH_NONE);
	neigh_free(n);
}
END_TEST

START_TEST(a_gateway_is_not_moved_by_strangers)
{
	struct neigh_heard good = heard("192.0.2.254", far_mac, true), bad;
	uint64_t now_ms = 1;
	unsigned asked;
	uint32_t gateway;

	begin();
	gateway = neigh_gateway(n, 0);
	pass(&now_ms, 600, gateway, &asked);
	ck_assert_uint_eq(asked, 1); // at once, and first again after a second
	ck_assert_uint_eq(neigh_hear(n, 0, &good, now_ms), gateway);
	bad = heard("192.0.2.254", other_mac, false);
	ck_assert_uint_eq(neigh_hear(n, 0, &bad, now_ms), NEIGH_NONE);
	bad = heard("192.0.2.254", other_mac, true);
	ck_assert_uint_eq(neigh_hear(n, 0, &bad, now_ms), NEIGH_NONE);
	ck_assert_mem_eq(neigh_at(n, gateway)->mac, far_mac, 6);
	neigh_free(n);
}
END_TEST

START_TEST(a_gateway_is_watched)
{
	struct neigh_heard h = heard("192.0.2.254", far_mac, true);
	const struct neighbour *e;
	uint64_t now_ms = 1;
	unsigned asked;
	uint32_t gateway;

	begin();
	gateway = neigh_gateway(n, 0);
	e = neigh_at(n, gateway);
	pass(&now_ms, 600, gateway, &asked);
	neigh_hear(n, 0, &h, now_ms);
	for (unsigned i = 0; i < 3; i++) { // asked again and again, by name
		pass(&now_ms, 5600, gateway, &asked);
		ck_assert_uint_eq(asked, 1);
		ck_assert_mem_eq(frame, far_mac, 6);
		ck_assert(!e->silent);
		neigh_hear(n, 0, &h, now_ms);
	}
	pass(&now_ms, 12000, gateway, &asked); // now it is dead
	ck_assert_uint_ge(asked, 5);
	ck_assert(e->silent);
	ck_assert_uint_eq(e->lost, 1);
	ck_assert_uint_eq(frame[0], 0xff);    // everyone is asked
	ck_assert_mem_eq(e->mac, far_mac, 6); // and the last known one still used
	ck_assert_uint_eq(find(0, "198.51.100.1", now_ms), gateway);
	h = heard("192.0.2.254", other_mac, true); // its stand-in takes over
	ck_assert_uint_eq(neigh_hear(n, 0, &h, now_ms), gateway);
	ck_assert(!e->silent);
	ck_assert_mem_eq(e->mac, other_mac, 6);
	neigh_free(n);
}
END_TEST

START_TEST(what_is_gone_or_unused_is_forgotten)
{
	struct neigh_heard h = heard("2001:db8::9", far_mac, true);
	uint64_t now_ms = 1000;
	uint32_t used, unused, generation;
	unsigned asked;

	begin();
	used = find(1, "2001:db8::9", now_ms);
	ck_assert_uint_eq(neigh_question(n, used, frame, now_ms), 14 + 40 + 32);
	neigh_hear(n, 1, &h, now_ms);
	h = heard("2001:db8::a", far_mac, false);
	unused = neigh_hear(n, 1, &h, now_ms);
	ck_assert_uint_eq(neigh_count(n, 1), 2);
	generation = neigh_at(n, used)->generation;
	ck_assert(neigh_use(n, used, neigh_at(n, used)->generation, 32));
	ck_assert(!neigh_use(n, used, neigh_at(n, used)->generation + 1, 32));
	pass(&now_ms, 31000, used, &asked);
	ck_assert_uint_ge(asked, 1);
	ck_assert_mem_eq(frame, far_mac, 6);
	ck_assert_uint_eq(neigh_at(n, used)->generation, generation); // still good
	pass(&now_ms, 5000, used, &asked);			      // no answer
	ck_assert_uint_eq(neigh_at(n, used)->state, NEIGH_FREE);
	ck_assert_uint_ne(neigh_at(n, used)->generation, generation);
	ck_assert_uint_eq(neigh_at(n, unused)->state, NEIGH_FREE);
	ck_assert_uint_eq(neigh_count(n, 1), 0);
	neigh_free(n);
}
END_TEST

START_TEST(a_flood_of_askers_pushes_out_nobody_in_use)
{
	struct neigh_heard h = heard("192.0.2.9", far_mac, true);
	uint64_t now_ms = 200000;
	uint32_t index, generation;

	begin();
	config.medium[0].bits = 8;
	neigh_free(n);
	ck_assert_int_eq(neigh_new(&config, &our_mac, &n), 0);
	index = find(0, "192.0.2.9", now_ms);
	neigh_question(n, index, frame, now_ms);
	neigh_hear(n, 0, &h, now_ms);
	generation = neigh_at(n, index)->generation;
	for (unsigned i = 0; i < 100000; i++) {
		h = heard("192.0.0.0", other_mac, false);
		wire_put16(h.ip.ip + 1, (uint16_t)(i >> 8));
		h.ip.ip[3] = (uint8_t)i;
		if (!addr_same_ip(&h.ip, &neigh_at(n, index)->ip))
			neigh_hear(n, 0, &h, now_ms);
	}
	ck_assert_uint_le(neigh_count(n, 0), NEIGHBOURS_MAX);
	ck_assert_uint_eq(neigh_at(n, index)->generation, generation);
	ck_assert(neigh_at(n, neigh_gateway(n, 0))->gateway);
	neigh_free(n);
}
END_TEST

START_TEST(frames_say_what_they_mean)
{
	struct wire_link our = link_of(our_mac, "192.0.2.1", 0), far = our;
	struct wire_link our6 = link_of(our_mac, "2001:db8::1", 0);
	struct wire_link far6 = link_of(far_mac, "2001:db8::9", 0);
	struct neigh_heard h;
	uint32_t len;

	far = link_of(far_mac, "192.0.2.9", 0);
	arp_question(frame, &far, our.ip.ip, NULL);
	arp_read(frame, 14, &h);
	ck_assert(h.question && !h.answer && addr_same_ip(&h.ip, &far.ip));
	arp_answer(frame, 14, &our);
	ck_assert_mem_eq(frame, far_mac, 6);
	arp_read(frame, 14, &h);
	ck_assert(h.answer && !h.question && addr_same_ip(&h.ip, &our.ip));
	ck_assert_mem_eq(h.mac, our_mac, 6);

	len = nd_question(frame, &far6, our6.ip.ip, NULL);
	nd_read(frame, 14, len - 54, &h);
	ck_assert(h.question && addr_same_ip(&h.ip, &far6.ip));
	ck_assert_mem_eq(h.mac, far_mac, 6);
	len = nd_answer(frame, 14, &our6);
	ck_assert_mem_eq(frame, far_mac, 6);
	nd_read(frame, 14, len - 54, &h);
	ck_assert(h.answer && addr_same_ip(&h.ip, &our6.ip));
	ck_assert_mem_eq(h.mac, our_mac, 6);

	// Duplicate address detection is answered to all and teaches nothing.
	far6.ip = addr_of("::");
	len = nd_question(frame, &far6, our6.ip.ip, NULL);
	nd_read(frame, 14, len - 54, &h);
	ck_assert(h.question && h.ip.family == ADDR_NONE);
	nd_answer(frame, 14, &our6);
	ck_assert_uint_eq(frame[0], 0x33);
	ck_assert_uint_eq(frame[5], 1);
}
END_TEST

UNIT_MAIN("neigh", next_hops, a_gateway_of_the_link_alone, a_question_and_its_answer,
	who_asks_for_us_is_known, a_gateway_is_not_moved_by_strangers, a_gateway_is_watched,
	what_is_gone_or_unused_is_forgotten, a_flood_of_askers_pushes_out_nobody_in_use,
	frames_say_what_they_mean)
