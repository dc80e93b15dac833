// URIs, names and addresses between SIP's text and ours.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/sip/message/text.h"

static struct pl pl_of(const char *s)
{
	struct pl pl;

	pl_set_str(&pl, s);
	return pl;
}

START_TEST(uris_with_literal_hosts)
{
	static const struct {
		const char *uri, *addr;
		enum ua_transport transport;
	} t[] = {
		{"sip:192.0.2.1", "192.0.2.1:5060", UA_UDP},
		{"sip:a@192.0.2.1:5070", "192.0.2.1:5070", UA_UDP},
		{"SIP:a@192.0.2.1:5070;transport=TCP;x=y", "192.0.2.1:5070", UA_TCP},
		{"sip:a;b=c@192.0.2.1;lr", "192.0.2.1:5060", UA_UDP},
		{"sip:a@b@[2001:DB8::1]:7;transport=udp", "[2001:db8::1]:7", UA_UDP},
		{"sip:[::1];transport=tcp?Subject=x", "[::1]:5060", UA_TCP},
		{"sip:a@pbx.example.com", NULL, 0},
		{"sip:2001:db8::1", NULL, 0},
		{"sips:192.0.2.1", NULL, 0},
		{"tel:+123", NULL, 0},
		{"sip:", NULL, 0},
		{"", NULL, 0},
		{"sip:a@192.0.2.1:99999", NULL, 0},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		enum ua_transport transport;
		struct pl uri = pl_of(t[i].uri);
		struct addr a, want;
		bool ok = text_uri_addr(&uri, &a, &transport);
		ck_assert_msg(ok == (t[i].addr != NULL), "%s", t[i].uri);
		if (!ok)
			continue;
		ck_assert_int_eq(addr_parse(t[i].addr, &want), 0);
		ck_assert_msg(addr_equal(&a, &want), "%s", t[i].uri);
		ck_assert_int_eq(transport, t[i].transport);
	}
}
END_TEST

START_TEST(users_and_names_as_people_read_them)
{
	char out[16];
	struct pl pl = pl_of("%2B49%20a%0ab%zz");

	text_user(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "+49 ab%zz");
	pl = pl_of("a-name-that-is-far-too-long");
	text_user(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "a-name-that-is-");
	pl = pl_of("\"A \\\"B\\\" C\" ");
	text_name(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "A \"B\" C");
	pl = pl_of("\"\\\"Bob\\\"\" rest"); // what is quoted ends where its quotes do
	text_name(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "\"Bob\"");
	pl = pl_of("Anna\r\n Maria ");
	text_name(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "Anna Maria");
	pl = (struct pl){NULL, 0};
	text_name(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "");
	text_line(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "");
	pl = pl_of("\"a\" \\b/1");
	text_line(out, sizeof(out), &pl);
	ck_assert_str_eq(out, "\"a\" \\b/1");
}
END_TEST

START_TEST(nothing_breaks_out_of_a_header)
{
	char out[64];
	struct str_buf b;

	str_buf_init(&b, out, sizeof(out));
	text_add_user(&b, "a b\r\n>@;\xc3\xa9");
	ck_assert_str_eq(out, "a%20b%0D%0A%3E%40%3B%C3%A9");
	str_buf_init(&b, out, sizeof(out));
	text_add_quoted(&b, "a\"b\\c\r\nd");
	ck_assert_str_eq(out, "a\\\"b\\\\cd");
}
END_TEST

START_TEST(numbers_neither_wrap_nor_begin_as_something_else)
{
	static const struct {
		const char *text;
		bool number;
		uint32_t value;
	} t[] = {
		{"0", true, 0},
		{"0060", true, 60},
		{"4294967295", true, UINT32_MAX},
		{"4294967296", true, UINT32_MAX},
		{"4294967356", true, UINT32_MAX}, // 60 more
		{"99999999999999999999999999999999999999", true, UINT32_MAX},
		{"", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{"60 ", false, 0},
		{"10 20", false, 0},
		{"6e1", false, 0},
		{"abc", false, 0},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pl pl = pl_of(t[i].text);
		uint32_t n = 7;
		ck_assert_msg(text_number(&pl, &n) == t[i].number, "%s", t[i].text);
		ck_assert_uint_eq(n, t[i].number ? t[i].value : 7);
	}
	struct pl none = {NULL, 0};
	uint32_t n;
	ck_assert(!text_number(&none, &n));
}
END_TEST

START_TEST(what_may_stand_in_a_request_line)
{
	static const struct {
		const char *text;
		bool uri;
	} t[] = {
		{"sip:a@192.0.2.1;transport=tcp?X=%20", true},
		{"sip:\xc3\xa9@h", true},
		{"", false},
		{"sip:a@h\r\n X-Y: z", false},
		{"sip:a b@h", false},
		{"sip:a@h\x7f", false},
		{"sip:a\"@h", false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pl pl = pl_of(t[i].text);
		ck_assert_msg(text_is_uri(&pl) == t[i].uri, "%s", t[i].text);
	}
}
END_TEST

START_TEST(addresses_both_ways)
{
	static const char *const t[] = {"192.0.2.7:5061", "[2001:db8::7]:5061"};

	for (size_t i = 0; i < 2; i++) {
		struct addr a, back;
		struct sa sa;
		ck_assert_int_eq(addr_parse(t[i], &a), 0);
		sa_of_addr(&a, &sa);
		back = addr_of_sa(&sa);
		ck_assert(addr_equal(&a, &back));
	}
}
END_TEST

UNIT_MAIN("text", uris_with_literal_hosts, users_and_names_as_people_read_them,
	nothing_breaks_out_of_a_header, numbers_neither_wrap_nor_begin_as_something_else,
	what_may_stand_in_a_request_line, addresses_both_ways)
