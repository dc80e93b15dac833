// What SDP told of media becomes what is true behind NATs, and where it is left alone.
#include "tests/unit/unit.h"

#include "control/sip/dialog/nat.h"

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

START_TEST(told_and_true_addresses)
{
	static const struct {
		const char *told, *source, *contact;
		bool proxied;
		const char *rtp; // NULL: as told
		bool anywhere;
	} t[] = {
		// nobody's NAT
		{"203.0.113.9:4000", "203.0.113.9:5060", "sip:a@203.0.113.9", false, NULL, false},
		{"203.0.113.9:4000", "203.0.113.1:5060", "sip:a@203.0.113.1", false, NULL, false},
		{"10.0.0.9:4000", "10.0.0.9:5060", "sip:a@10.0.0.9", false, NULL, false},
		{"10.0.0.9:4000", "10.0.0.1:5060", "sip:a@10.0.0.1", false, NULL, false},
		{"10.0.0.9:4000", "10.0.0.1:5060", "sip:a@10.0.0.9", true, NULL, false},
		{"203.0.113.9:4000", "198.51.100.1:5060", "sip:a@203.0.113.9", true, NULL, false},
		// straight from behind one
		{"192.168.1.5:4000", "203.0.113.9:61000", "sip:a@192.168.1.5", false,
			"203.0.113.9:4000", false},
		{"192.168.1.5:4000", "203.0.113.9:61000", "sip:a@203.0.113.9:61000", false,
			"203.0.113.9:4000", false},
		{"100.64.3.3:4000", "203.0.113.9:61000", "sip:a@100.64.3.3", false,
			"203.0.113.9:4000", false},
		{"192.168.1.5:4000", "10.0.0.1:5060", "sip:a@192.168.1.5:5060", false,
			"10.0.0.1:4000", false},
		{"[fd00::5]:4000", "[2001:db8::9]:5060", "sip:a@[fd00::5]", false,
			"[2001:db8::9]:4000", false},
		// from behind one, passed on
		{"192.168.1.5:4000", "203.0.113.9:5060", "sip:a@192.168.1.5", true, NULL, true},
		// held, and families apart
		{"0.0.0.0:4000", "203.0.113.9:5060", "sip:a@192.168.1.5", false, NULL, false},
		{"192.168.1.5:4000", "[2001:db8::9]:5060", "sip:a@192.168.1.5", false, NULL, false},
		{"192.168.1.5:4000", "10.0.0.1:5060", "sip:a@host.example", false, NULL, false},
		{"192.168.1.5:4000", "10.0.0.1:5060", NULL, false, NULL, false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct nat n = {.source = address(t[i].source), .proxied = t[i].proxied};
		struct media_params m = {.rtp = address(t[i].told), .rtcp = address(t[i].told)};
		struct addr want = address(t[i].rtp ? t[i].rtp : t[i].told);
		m.rtcp.port++;
		nat_media(&n, t[i].contact, &m);
		ck_assert_msg(addr_equal(&m.rtp, &want), "%zu", i);
		want.port++;
		ck_assert_msg(addr_equal(&m.rtcp, &want), "%zu", i);
		ck_assert_msg(m.anywhere == t[i].anywhere, "%zu", i);
		n.anywhere = true;
		nat_media(&n, t[i].contact, &m);
		ck_assert(m.anywhere);
	}
}
END_TEST

START_TEST(rtcp_that_is_elsewhere_or_not_at_all_stays)
{
	struct nat n = {.source = address("203.0.113.9:61000")};
	struct media_params m = {
		.rtp = address("192.168.1.5:4000"), .rtcp = address("192.168.1.7:4001")};

	nat_media(&n, "sip:a@192.168.1.5", &m);
	struct addr want = address("192.168.1.7:4001");
	ck_assert(addr_equal(&m.rtcp, &want));
	m.rtp = m.rtcp = address("192.168.1.5:4000");
	m.rtcp.port = 0;
	nat_media(&n, "sip:a@192.168.1.5", &m);
	ck_assert_uint_eq(m.rtcp.port, 0);
	n = (struct nat){0}; // nothing was heard yet
	m.rtp = address("192.168.1.5:4000");
	nat_media(&n, "sip:a@192.168.1.5", &m);
	want = address("192.168.1.5:4000");
	ck_assert(addr_equal(&m.rtp, &want));
}
END_TEST

UNIT_MAIN("nat", told_and_true_addresses, rtcp_that_is_elsewhere_or_not_at_all_stays)
