// Addresses: both text forms there and back, what is refused, prefixes.
#include "tests/unit/unit.h"

#include <errno.h>

#include "engine/base/addr.h"

START_TEST(text_survives_a_round_trip)
{
	static const char *const texts[] = {
		"192.0.2.1", "192.0.2.1:4000", "2001:db8::1", "[2001:db8::1]:65535", "0.0.0.0"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct addr a;
		char out[ADDR_TEXT_MAX];

		ck_assert_int_eq(addr_parse(texts[i], &a), 0);
		ck_assert_str_eq(addr_text(&a, out), texts[i]);
	}
}
END_TEST

START_TEST(longest_text_fits)
{
	struct addr a;
	char out[ADDR_TEXT_MAX];
	const char *text = "[1111:2222:3333:4444:5555:6666:7777:8888]:65535";

	ck_assert_int_eq(addr_parse(text, &a), 0);
	ck_assert_str_eq(addr_text(&a, out), text);
}
END_TEST

START_TEST(wrong_text_is_refused)
{
	static const char *const texts[] = {"", ":", "[", "[]", "192.0.2",
		"192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:x", "192.0.2.1 ",
		"[2001:db8::1", "[2001:db8::1]x", "[2001:db8::1]:", "[192.0.2.1]:5060",
		"2001:db8:::1", "phone",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct addr a;

		ck_assert_msg(addr_parse(texts[i], &a) == -EINVAL, "taken: %s", texts[i]);
	}
}
END_TEST

START_TEST(equality_minds_family_and_port)
{
	struct addr a, b, c, d;

	addr_parse("192.0.2.1:4000", &a);
	addr_parse("192.0.2.1:4001", &b);
	addr_parse("[c000:201::]:4000", &c); // the same first four bytes
	addr_parse("192.0.2.2:4000", &d);
	ck_assert(addr_equal(&a, &a));
	ck_assert(!addr_equal(&a, &b));
	ck_assert(addr_same_ip(&a, &b));
	ck_assert(!addr_same_ip(&a, &c));
	ck_assert(!addr_equal(&a, &d));
}
END_TEST

START_TEST(prefixes_end_within_a_byte)
{
	static const struct {
		const char *ip, *net;
		unsigned bits;
		bool in;
	} cases[] = {
		{"10.1.2.3", "10.1.2.0", 24, true},
		{"10.1.3.3", "10.1.2.0", 24, false},
		{"10.1.3.3", "10.1.2.0", 23, true},
		{"10.1.2.128", "10.1.2.0", 25, false},
		{"9.9.9.9", "10.0.0.0", 0, true},
		{"10.1.2.3", "10.1.2.3", 32, true},
		{"10.1.2.3", "10.1.2.3", 33, false},
		{"2001:db8:8000::1", "2001:db8::", 32, true},
		{"2001:db8:8000::1", "2001:db8::", 33, false},
		{"2001:db8::1", "2001:db8::1", 128, true},
		{"10.1.2.3", "::", 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr ip, net;

		addr_parse(cases[i].ip, &ip);
		addr_parse(cases[i].net, &net);
		ck_assert_int_eq(addr_in_prefix(&ip, &net, cases[i].bits), cases[i].in);
	}
}
END_TEST

UNIT_MAIN("addr", text_survives_a_round_trip, longest_text_fits, wrong_text_is_refused,
	equality_minds_family_and_port, prefixes_end_within_a_byte)
