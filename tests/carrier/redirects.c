// Where a 3xx of a trunk's target may lead a call, and where not: that costs who pays for the call.

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/carrier/stand.h"
#include "tests/unit/unit.h"

static void call(void)
{
	ck_assert_int_eq(stand_call(), 0);
	ck_assert_ptr_nonnull(stand_heard(0, "INVITE "));
}

static void say_ok(unsigned target)
{
	stand_answers(target, "200 OK", "", SDP_ANSWER);
}

static void is(const char *events)
{
	ck_assert_str_eq(stand.events, events);
}

static void ends_as(enum ua_end end, unsigned status, const char *reason)
{
	ck_assert_ptr_null(stand.leg);
	ck_assert_int_eq(stand.ended.end, end);
	ck_assert_uint_eq(stand.ended.status, status);
	ck_assert_msg(str_equal(stand.ended.reason, reason), "%s", stand.ended.reason);
}

static void led_on_within(void)
{
	call();
	stand_answers(0, "302 Moved Temporarily",
		"Contact: <sip:77@127.0.0.3:5060>, <sip:0215550123%34@127.0.0.3:5060>\r\n", "");
	ck_assert(
		str_starts(stand_heard(1, "INVITE "), "INVITE sip:0215550123%34@127.0.0.3:5060 "));
	say_ok(1);
	is("answered");
}

// Within the trunk's own hosts, and yet another call.
static void led_to_another_number(void)
{
	static const char *const users[] = {
		"77@", "02155501234;rn=77@", "02155501234%01@", "021555012340@", "0215550123@", ""};
	for (unsigned i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		char contact[128];
		call();
		str_format(
			contact, sizeof(contact), "Contact: <sip:%s127.0.0.3:5060>\r\n", users[i]);
		stand_answers(0, "302 Moved Temporarily", contact, "");
		ends_as(UA_END_REDIRECTED, 302, "redirected to a forbidden target");
		ck_assert_ptr_null(stand_heard(1, "INVITE "));
		stand_forget();
	}
}

static void led_to_a_number_that_may_be(void)
{
	stand_reload("calls_out_max: 2", "redirect_number: yes");
	call();
	stand_answers(0, "302 Moved Temporarily", "Contact: <sip:77@127.0.0.3:5060>\r\n", "");
	ck_assert(str_starts(stand_heard(1, "INVITE "), "INVITE sip:77@127.0.0.3:5060 "));
	say_ok(1);
	is("answered");
}

// Whoever may call us is not for that whom we call, or sign for.
static void led_to_a_peer(void)
{
	stand_reload("peers: [127.0.0.2, 127.0.0.3]\n", "peers: 127.0.0.0/29\n");
	call();
	stand_answers(
		0, "302 Moved Temporarily", "Contact: <sip:02155501234@127.0.0.5:5060>\r\n", "");
	ends_as(UA_END_REDIRECTED, 302, "redirected to a forbidden target");
	ck_assert_ptr_null(stand_heard(CLUB, "INVITE "));
}

static void led_astray(void)
{
	call();
	stand_answers(0, "302 Moved Temporarily", "Contact: <sip:0900@127.0.0.4:5060>\r\n", "");
	ends_as(UA_END_REDIRECTED, 302, "redirected to a forbidden target");
	ck_assert_ptr_null(stand_heard(2, "INVITE "));
}

static const struct stand_row rows[] = {
	{"302 within", led_on_within},
	{"302 to another number", led_to_another_number},
	{"302 to a number that may be", led_to_a_number_that_may_be},
	{"302 to a peer", led_to_a_peer},
	{"302 astray", led_astray},
};

int main(void)
{
	return stand_main("redirects", rows, sizeof(rows) / sizeof(rows[0]));
}
