// A digest's uri against the request's: what phones write, and what was made for something else.
#include "tests/unit/unit.h"

#include "control/sip/registrar/auth_uri.h"

static bool fits(const char *uri, const char *request)
{
	struct sa address;
	struct auth_place here = {&address, "Hotline.example"};
	struct pl pl;

	ck_assert_int_eq(sa_set_str(&address, "192.0.2.1", 5060), 0);
	pl_set_str(&pl, request);
	return auth_uri_fits(uri, &pl, &here);
}

START_TEST(the_same_place)
{
	static const char *const t[][2] = {
		{"sip:hotline.example", "sip:hotline.example"},
		{"sip:HOTLINE.example", "sip:hotline.example"},
		{"SIP:hotline.example", "sip:hotline.example"},
		{"sip:hotline.example", "sip:hotline.example:5060"},
		{"sip:hotline.example:5060", "sip:hotline.example"},
		{"sip:hotline.example", "sip:hotline.example;transport=tcp"},
		{"sip:hotline.example;transport=tcp", "sip:hotline.example:5080;lr"},
		{"sip:9000@192.0.2.1", "sip:9000@192.0.2.1;user=phone"},
		{"sip:%39000@192.0.2.1", "sip:9000@192.0.2.1"},
		{"sip:9000@hotline.example", "sip:9000@192.0.2.1"},
		{"sip:9000@192.0.2.1:5080", "sip:9000@hotline.example"},
		{"sip:[2001:db8::1]", "sip:[2001:db8::1]:5060"},
		{"tel:+886212345678", "tel:+886212345678"},
		{"urn:service:sos", "urn:service:sos"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(fits(t[i][0], t[i][1]), "%s %s", t[i][0], t[i][1]);
}
END_TEST

START_TEST(another)
{
	static const char *const t[][2] = {
		{"sip:other.example", "sip:hotline.example"},
		{"sip:192.0.2.2", "sip:192.0.2.1"},
		{"sip:192.0.2.2", "sip:hotline.example"},
		{"sip:9001@192.0.2.1", "sip:9000@192.0.2.1"},
		{"sip:192.0.2.1", "sip:9000@192.0.2.1"},
		{"sip:9000@192.0.2.1", "sip:192.0.2.1"},
		{"sip:Anna@192.0.2.1", "sip:anna@192.0.2.1"},
		{"sips:hotline.example", "sip:hotline.example"},
		{"tel:+886212345678", "tel:+886212345679"},
		{"/", "sip:hotline.example"},
		{"*", "sip:hotline.example"},
		{"sip:", "sip:hotline.example"},
		{"hotline.example", "sip:hotline.example"},
		{"sip:hotline.example.evil", "sip:hotline.example"},
		{"sip:9000@hotline.example@evil", "sip:9000@hotline.example"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(!fits(t[i][0], t[i][1]), "%s %s", t[i][0], t[i][1]);
}
END_TEST

UNIT_MAIN("auth_uri", the_same_place, another)
