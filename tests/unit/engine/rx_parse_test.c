// Classification: each kind of frame and each reason to drop one, and that no cut of a frame is
// read past its end.
#include "tests/unit/unit.h"

#include "engine/net/neigh_arp.h"
#include "engine/net/neigh_nd.h"
#include "engine/net/ping.h"
#include "tests/unit/engine/frames.h"

static struct rx_map map;
static struct addr our4, our6;
static struct wire_link far4, far6;
static uint8_t frame[2048];
static struct rx_hit hit;

static void begin(void)
{
	static struct engine_config c = {.media = 3};

	c.medium[0] = medium_of("192.0.2.1", 24, 0);
	c.medium[1] = medium_of("2001:db8::1", 64, 0);
	c.medium[2] = medium_of("192.0.2.1", 24, 7); // the same address in a VLAN
	rx_map_init(&map, &c, 0, our_mac);
	our4 = addr_of("192.0.2.1:20000");
	our6 = addr_of("[2001:db8::1]:20001");
	far4 = link_of(far_mac, "192.0.2.9:4000", 0);
	far6 = link_of(far_mac, "[2001:db8::9]:4000", 0);
}

static int parse(uint32_t len)
{
	int verdict = rx_parse(&map, frame, len, &hit);

	return verdict == RX_UDP && !rx_checksum_good(&map, frame, &hit) ? DROP_UDP_HEADER
									 : verdict;
}

static uint32_t rtp4(void)
{
	return frame_udp(frame, &far4, &our4, "\x80payload", 8);
}

static uint32_t rtp6(void)
{
	return frame_udp(frame, &far6, &our6, "\x80payload", 8);
}

START_TEST(udp_is_found_with_its_parts)
{
	struct addr from;

	begin();
	ck_assert_int_eq(parse(rtp4()), RX_UDP);
	ck_assert(hit.media == 0 && hit.port == 20000 && hit.len == 8 && !hit.ip6);
	rx_sender(frame, &hit, &from);
	ck_assert(addr_equal(&from, &far4.ip));
	ck_assert_int_eq(parse(rtp6()), RX_UDP);
	ck_assert(hit.media == 1 && hit.port == 20001 && hit.len == 8 && hit.ip6);
	rx_sender(frame, &hit, &from);
	ck_assert(addr_equal(&from, &far6.ip));
	far4.tci = 5 << 13 | 7;
	ck_assert_int_eq(parse(rtp4()), RX_UDP);
	ck_assert(hit.media == 2 && hit.l3 == 18);
	far4.tci = 8;
	ck_assert_int_eq(parse(rtp4()), DROP_ETH_VLAN);
}
END_TEST

START_TEST(padding_behind_the_packet_is_ignored)
{
	begin();
	ck_assert_int_eq(parse(rtp4() + 10), RX_UDP);
	ck_assert_uint_eq(hit.len, 8);
	ck_assert_int_eq(parse(rtp6() + 10), RX_UDP);
	ck_assert_uint_eq(hit.len, 8);
}
END_TEST

START_TEST(ip4_options_are_stepped_over)
{
	uint32_t len;

	begin();
	len = rtp4();
	memmove(frame + 14 + 24, frame + 14 + 20, len - 34);
	memset(frame + 34, 1, 4); // no operation, four times
	frame[14] = 0x46;
	wire_put16(frame + 16, (uint16_t)(len - 14 + 4));
	memset(frame + 24, 0, 2);
	wire_put_checksum(frame + 24, wire_sum(0, frame + 14, 24));
	ck_assert_int_eq(parse(len + 4), RX_UDP);
	ck_assert_uint_eq(hit.len, 8);
}
END_TEST

// A byte set to a value, the verdict; IPv4's checksum made right again if asked for.
struct damage {
	uint16_t at;
	uint8_t value;
	bool mend;
	int verdict;
};

static void damages(uint32_t (*make)(void), const struct damage *d, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t len = make();

		frame[d[i].at] = d[i].value;
		if (d[i].mend) {
			memset(frame + 24, 0, 2);
			wire_put_checksum(frame + 24, wire_sum(0, frame + 14, 20));
		}
		ck_assert_msg(parse(len) == d[i].verdict, "damage %u: %d", i, parse(len));
	}
}

START_TEST(ip4_drops_have_reasons)
{
	static const struct damage d[] = {
		{0, 2, .verdict = RX_UDP}, {5, 2, .verdict = DROP_ETH_OTHER}, // another station
		{0, 3, .verdict = DROP_ETH_OTHER},			      // a group
		{12, 9, .verdict = DROP_ETH_TYPE}, {14, 0x55, true, DROP_IP_HEADER}, // version
		{14, 0x44, true, DROP_IP_HEADER}, // header too short
		{17, 0xff, true, DROP_IP_HEADER}, // longer than the frame
		{22, 63, false, DROP_IP_HEADER},  // checksum
		{33, 2, true, DROP_IP_OTHER}, {26, 224, true, DROP_ETH_OTHER}, // from a group
		{20, 0x20, true, DROP_IP_FRAGMENT},			       // more fragments
		{21, 1, true, DROP_IP_FRAGMENT},			       // offset
		{20, 0x40, true, RX_UDP},				       // don't fragment
		{23, 6, true, DROP_IP_PROTOCOL},
		{39, 7, false, DROP_UDP_HEADER},   // shorter than its own header
		{39, 17, false, DROP_UDP_HEADER},  // longer than the packet
		{45, 'x', false, DROP_UDP_HEADER}, // checksum
	};

	begin();
	damages(rtp4, d, sizeof(d) / sizeof(d[0]));
}
END_TEST

START_TEST(ip6_drops_have_reasons)
{
	static const struct damage d[] = {
		{14, 0x40, .verdict = DROP_IP_HEADER},
		{19, 17, .verdict = DROP_IP_HEADER},
		{53, 2, .verdict = DROP_IP_OTHER},
		{22, 0xff, .verdict = DROP_IP_HEADER}, // from a group
		{20, 44, .verdict = DROP_IP_FRAGMENT},
		{20, 0, .verdict = DROP_IP_PROTOCOL}, // hop by hop
		{0, 0x33, .verdict = DROP_ETH_OTHER},
		{60, 0, .verdict = DROP_UDP_HEADER},
	};

	begin();
	damages(rtp6, d, sizeof(d) / sizeof(d[0]));
	ck_assert_int_eq(parse(rtp6()), RX_UDP);
	memset(frame + 60, 0, 2); // IPv6 needs a checksum
	ck_assert_int_eq(parse(14 + 40 + 16), DROP_UDP_HEADER);
}
END_TEST

START_TEST(ip4_needs_no_udp_checksum)
{
	uint32_t len;

	begin();
	len = rtp4();
	memset(frame + 40, 0, 2);
	ck_assert_int_eq(parse(len), RX_UDP);
}
END_TEST

START_TEST(a_checksum_left_to_hardware_passes_only_on_virtual_links)
{
	uint32_t len;
	uint16_t partial;

	begin();
	len = rtp4();
	partial = wire_fold(wire_sum16(wire_sum_pseudo(frame + 26, false, PROTOCOL_UDP), 16));
	memcpy(frame + 40, &partial, 2);
	ck_assert_int_eq(parse(len), DROP_UDP_HEADER);
	map.partial_checksums = true;
	ck_assert_int_eq(parse(len), RX_UDP);
	frame[40] ^= 1;
	ck_assert_int_eq(parse(len), DROP_UDP_HEADER);
}
END_TEST

START_TEST(first_byte_and_port_decide)
{
	static const struct {
		uint8_t byte;
		int verdict;
	} first[] = {{0, DROP_STUN}, {3, DROP_STUN}, {4, DROP_NOT_MEDIA}, {19, DROP_NOT_MEDIA},
		{20, DROP_DTLS}, {63, DROP_DTLS}, {64, DROP_NOT_MEDIA}, {127, DROP_NOT_MEDIA},
		{128, RX_UDP}, {191, RX_UDP}, {192, DROP_NOT_MEDIA}, {255, DROP_NOT_MEDIA}};

	begin();
	for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		ck_assert_int_eq(
			parse(frame_udp(frame, &far4, &our4, &first[i].byte, 1)), first[i].verdict);
	ck_assert_int_eq(parse(frame_udp(frame, &far4, &our4, "", 0)), DROP_NOT_MEDIA);
	our4.port = 19999;
	ck_assert_int_eq(parse(rtp4()), DROP_UDP_PORT);
	our4.port = 30000;
	ck_assert_int_eq(parse(rtp4()), DROP_UDP_PORT);
	our4.port = 29999;
	ck_assert_int_eq(parse(rtp4()), RX_UDP);
	far4.ip.port = 0; // nobody could be answered
	ck_assert_int_eq(parse(rtp4()), DROP_UDP_HEADER);
}
END_TEST

START_TEST(arp_for_us_only)
{
	uint32_t len;

	begin();
	len = arp_question(frame, &far4, our4.ip, NULL);
	ck_assert_int_eq(parse(len), RX_ARP);
	ck_assert_int_eq(parse(len - 1), DROP_ETH_SHORT);
	frame[15] = 2; // no Ethernet
	ck_assert_int_eq(parse(len), DROP_ARP_OTHER);
	len = arp_question(frame, &far4, our4.ip, NULL);
	frame[21] = 3; // neither request nor reply
	ck_assert_int_eq(parse(len), DROP_ARP_OTHER);
	frame[21] = 0;
	ck_assert_int_eq(parse(len), DROP_ARP_OTHER);
	ck_assert_int_eq(parse(arp_announce(frame, &far4)), DROP_ARP_OTHER);
}
END_TEST

START_TEST(nd_for_us_only)
{
	struct wire_link our = link_of(our_mac, "2001:db8::1", 0);
	uint32_t len;

	begin();
	len = nd_question(frame, &far6, our6.ip, NULL);
	ck_assert_int_eq(parse(len), RX_ND);
	frame[21] = 254; // it came through a router
	ck_assert_int_eq(parse(len), DROP_ICMP_OTHER);
	len = nd_question(frame, &far6, our6.ip, our_mac);
	ck_assert_int_eq(parse(len), RX_ND);
	frame[70]++;
	ck_assert_int_eq(parse(len), DROP_IP_HEADER);
	ck_assert_int_eq(parse(nd_question(frame, &far6, far6.ip.ip, NULL)), DROP_ICMP_OTHER);
	ck_assert_int_eq(parse(nd_announce(frame, &far6)), DROP_ICMP_OTHER);
	// What we ask is answered to us.
	nd_question(frame, &our, far6.ip.ip, far_mac);
	memcpy(frame, far_mac, 6);
	len = nd_answer(frame, 14, &far6);
	ck_assert_int_eq(parse(len), RX_ND);
}
END_TEST

START_TEST(a_ping_becomes_its_answer)
{
	uint8_t answer[2048];
	struct rx_map far = {0};

	begin();
	for (unsigned ip6 = 0; ip6 < 2; ip6++) {
		uint32_t len = ip6 ? frame_ping(frame, &far6, &our6, 57)
				   : frame_ping(frame, &far4, &our4, 57);

		ck_assert_int_eq(parse(len), ip6 ? RX_PING6 : RX_PING4);
		ck_assert_uint_eq(ping_answer(frame, &hit, our_mac), len);
		ck_assert_mem_eq(frame, far_mac, 6);
		ck_assert_mem_eq(frame + 6, our_mac, 6);
		memcpy(answer, frame, len);
		// The far end's own parser finds its checksums right; it asked nothing.
		static struct engine_config c = {.media = 2};

		c.medium[0] = medium_of("192.0.2.9", 24, 0);
		c.medium[1] = medium_of("2001:db8::9", 64, 0);
		rx_map_init(&far, &c, 0, far_mac);
		ck_assert_int_eq(rx_parse(&far, answer, len, &hit), DROP_ICMP_OTHER);
		answer[len - 1]++;
		ck_assert_int_eq(rx_parse(&far, answer, len, &hit), DROP_IP_HEADER);
	}
}
END_TEST

START_TEST(no_cut_is_read_past_its_end)
{
	begin();
	for (unsigned kind = 0; kind < 5; kind++) {
		uint32_t len = kind == 0 ? rtp4()
			: kind == 1	 ? rtp6()
			: kind == 2	 ? arp_question(frame, &far4, our4.ip, NULL)
			: kind == 3	 ? nd_question(frame, &far6, our6.ip, NULL)
					 : frame_ping(frame, &far4, &our4, 30);

		for (uint32_t cut = 0; cut < len; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1); // the sanitizer watches its end

			memcpy(exact, frame, cut);
			ck_assert_int_ge(rx_parse(&map, exact, cut, &hit), 0);
			free(exact);
		}
	}
	ck_assert_int_eq(parse(WIRE_MAX + 1), DROP_ETH_LONG);
}
END_TEST

UNIT_MAIN("rx_parse", udp_is_found_with_its_parts, padding_behind_the_packet_is_ignored,
	ip4_options_are_stepped_over, ip4_drops_have_reasons, ip6_drops_have_reasons,
	ip4_needs_no_udp_checksum, a_checksum_left_to_hardware_passes_only_on_virtual_links,
	first_byte_and_port_decide, arp_for_us_only, nd_for_us_only, a_ping_becomes_its_answer,
	no_cut_is_read_past_its_end)
