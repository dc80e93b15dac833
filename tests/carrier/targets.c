// What targets of trunks answer to our INVITEs, in the ways that carriers do, and what becomes of
// the call each time.
#include <errno.h>

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/carrier/stand.h"
#include "tests/unit/unit.h"

#define ASKS(header, algorithm, nonce, more)                                            \
	header ": Digest realm=\"carrier\", nonce=\"" nonce "\", qop=\"auth,auth-int\"" \
	       ", algorithm=" algorithm more "\r\n"
#define PROXY_ASKS ASKS("Proxy-Authenticate", "MD5", "n1", "")
#define USER_ASKS  ASKS("WWW-Authenticate", "MD5", "n1", "")

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
	ck_assert_msg(str_equal(stand.events, events), "told %s, not %s", stand.events, events);
}

static void ends_as(enum ua_end end, unsigned status, const char *reason)
{
	ck_assert_ptr_null(stand.leg);
	ck_assert_int_eq(stand.ended.end, end);
	ck_assert_uint_eq(stand.ended.status, status);
	ck_assert_msg(str_equal(stand.ended.reason, reason), "%s", stand.ended.reason);
}

// --- what is said ---

static void answered_at_once(void)
{
	call();
	const char *invite = stand_heard(0, "INVITE ");
	ck_assert(str_starts(invite, "INVITE sip:02155501234@127.0.0.2:5060 SIP/2.0\r\n"));
	ck_assert(stand_says(invite, "\r\nTo: <sip:02155501234@127.0.0.2:5060>\r\n"));
	ck_assert(stand_says(invite, "\r\nFrom: <sip:+864001234567@127.0.0.1:5060>;tag="));
	ck_assert(stand_says(
		invite, "\r\nP-Asserted-Identity: <sip:+864001234567@127.0.0.1:5060>\r\n"));
	ck_assert(!stand_says(invite, "100rel"));
	ck_assert(!stand_says(invite, "uthorization:"));
	stand_answers(0, "100 Trying", "", "");
	stand_answers(0, "180 Ringing", "", "");
	say_ok(0);
	is("trying ringing answered");
	ck_assert_ptr_nonnull(stand_heard(0, "ACK "));
	ck_assert_uint_eq(stand_trunk("carrier").calls_out, 1);
	ck_assert_uint_eq(stand_trunk("carrier").in_progress, 1);
	ua_hangup(stand.leg, "enough");
	stand_turn();
	ck_assert_ptr_nonnull(stand_heard(0, "BYE "));
	ck_assert_uint_eq(stand_trunk("carrier").in_progress, 0);
	ck_assert_uint_eq(stand_trunk("carrier").failed_out, 0);
}

// A phone that answers before it rings.
static void early_200(void)
{
	call();
	say_ok(0);
	stand_answers(0, "180 Ringing", "", "");
	is("answered");
	ck_assert_ptr_nonnull(stand_heard(0, "ACK "));
}

// No PRACK is sent: what may not be sent to us reliably is heard all the same.
static void required_100rel(void)
{
	call();
	stand_answers(0, "183 Session Progress", "Require: 100rel\r\nRSeq: 1\r\n", SDP_ANSWER);
	ck_assert_ptr_null(stand_heard(0, "PRACK "));
	stand_answers(0, "200 OK", "", "");
	is("ringing answered");
}

static void second_fork(void)
{
	call();
	say_ok(0);
	ck_assert_ptr_null(stand_heard(0, "BYE "));
	stand_answers_as(0, "200 OK", ";tag=other");
	is("answered");
	ck_assert(stand_says(stand_heard(0, "ACK "), ";tag=other"));
	ck_assert(stand_says(stand_heard(0, "BYE "), ";tag=other"));
}

// --- passwords ---

static void asked_after_183(void)
{
	call();
	stand_answers(0, "183 Session Progress", "", SDP_ANSWER);
	stand_answers(0, "407 Proxy Authentication Required", PROXY_ASKS, "");
	const char *again = stand_heard(0, "INVITE ");
	ck_assert(stand_says(again, "CSeq: 2 INVITE\r\n"));
	ck_assert(stand_says(again,
		"\r\nProxy-Authorization: Digest username=\"acme\", "
		"realm=\"carrier\", nonce=\"n1\", "
		"uri=\"sip:02155501234@127.0.0.2:5060\", response=\""));
	ck_assert(stand_says(again, ", qop=auth, nc=00000001, cnonce=\""));
	say_ok(0);
	is("ringing answered");
	ck_assert(stand_says(stand_heard(0, "ACK "), "\r\nProxy-Authorization: Digest "));
	ck_assert(stand_says(stand_heard(0, "ACK "), "CSeq: 2 ACK\r\n"));
}

static void asked_twice_over(void)
{
	call();
	stand_answers(0, "407 Proxy Authentication Required", PROXY_ASKS, "");
	stand_answers(0, "401 Unauthorized", USER_ASKS, "");
	const char *again = stand_heard(0, "INVITE ");
	ck_assert(stand_says(again, "CSeq: 3 INVITE\r\n"));
	ck_assert(stand_says(again, "\r\nProxy-Authorization: Digest "));
	ck_assert(stand_says(again, "\r\nAuthorization: Digest "));
	say_ok(0);
	is("answered");
}

static void stronger_hash(void)
{
	call();
	stand_answers(0, "401 Unauthorized",
		USER_ASKS ASKS("WWW-Authenticate", "SHA-256", "n2", "")
			ASKS("WWW-Authenticate", "SHA-512-256", "n3", ""),
		"");
	ck_assert(stand_says(stand_heard(0, "INVITE "), "nonce=\"n2\""));
	ck_assert(stand_says(stand_heard(0, "INVITE "), "algorithm=SHA-256"));
	say_ok(0);
	is("answered");
}

static void wrong_password(void)
{
	call();
	stand_answers(0, "401 Unauthorized", USER_ASKS, "");
	stand_answers(0, "401 Unauthorized", ASKS("WWW-Authenticate", "MD5", "n2", ""), "");
	is("ended");
	ends_as(UA_END_REJECTED, 401, "our user or password is refused");
	ck_assert(stand_says(stand_heard(0, "INVITE "), "CSeq: 2 INVITE"));
	ck_assert_ptr_null(stand_heard(1, "INVITE "));
	ck_assert_uint_eq(stand_trunk("carrier").failed_out, 1);
}

static void stale_once(void)
{
	call();
	stand_answers(0, "401 Unauthorized", USER_ASKS, "");
	stand_answers(
		0, "401 Unauthorized", ASKS("WWW-Authenticate", "MD5", "n2", ", stale=true"), "");
	ck_assert(stand_says(stand_heard(0, "INVITE "), "nonce=\"n2\""));
	say_ok(0);
	is("answered");
}

static void stale_for_ever(void)
{
	call();
	for (unsigned i = 0; i < 3; i++)
		stand_answers(0, "401 Unauthorized",
			ASKS("WWW-Authenticate", "MD5", "n2", ", stale=true"), "");
	ends_as(UA_END_REJECTED, 401, "our user or password is refused");
	ck_assert(stand_says(stand_heard(0, "INVITE "), "CSeq: 3 INVITE"));
}

static void weaker_hash(void)
{
	call();
	stand_answers(0, "401 Unauthorized", ASKS("WWW-Authenticate", "SHA-256", "n1", ""), "");
	stand_answers(
		0, "401 Unauthorized", ASKS("WWW-Authenticate", "MD5", "n2", ", stale=true"), "");
	ends_as(UA_END_REJECTED, 401, "a password is asked for by a weaker hash than before");
}

static void unknown_hash(void)
{
	call();
	stand_answers(0, "407 Proxy Authentication Required",
		ASKS("Proxy-Authenticate", "SHA-512-256", "n1", ""), "");
	ends_as(UA_END_REJECTED, 407, "a password is asked for in a way that is not known");
}

// The trunk that it fails over to has none.
static void no_password(void)
{
	call();
	stand_answers(0, "500 Server Internal Error", "", "");
	stand_answers(1, "500 Server Internal Error", "", "");
	stand_answers(2, "401 Unauthorized", USER_ASKS, "");
	is("ended");
	ends_as(UA_END_REJECTED, 401, "a password is asked for, and the trunk has none");
}

// --- one after the other ---

static void full_for_a_while(void)
{
	call();
	stand_answers(0, "503 Service Unavailable", "Retry-After: 20 (busy)\r\n", "");
	ck_assert(stand_says(stand_heard(1, "INVITE "), "CSeq: 2 INVITE"));
	say_ok(1);
	is("answered");
	ua_hangup(stand.leg, "enough");
	stand_turn();
	stand_forget();
	ck_assert_int_eq(stand_call(), 0); // the first is let alone as it asked
	ck_assert_ptr_null(stand_heard(0, "INVITE "));
	ck_assert_ptr_nonnull(stand_heard(1, "INVITE "));
	ua_hangup(stand.leg, "enough");
	stand_answers(1, "487 Request Terminated", "", "");
	stand_pass(21000);
	call();
}

static void all_fail(void)
{
	call();
	stand_answers(0, "500 Server Internal Error", "", "");
	stand_answers(1, "503 Service Unavailable", "", "");
	const char *invite = stand_heard(2, "INVITE ");
	ck_assert(str_starts(invite, "INVITE sip:+862155501234@sip.second.example "));
	ck_assert(stand_says(invite, "CSeq: 3 INVITE"));
	ck_assert_uint_eq(stand_trunk("carrier").in_progress, 0);
	ck_assert_uint_eq(stand_trunk("second").out_in_progress, 1);
	stand_answers(2, "502 Bad Gateway", "", "");
	is("ended");
	ends_as(UA_END_REJECTED, 500, "Bad Gateway");
	ck_assert_uint_eq(stand_trunk("second").failed_out, 1);
	ck_assert_uint_eq(stand_trunk("second").out_in_progress, 0);
}

static void silent(void)
{
	call();
	stand_pass(3000);
	ck_assert_ptr_null(stand_heard(1, "INVITE "));
	stand_pass(1500);
	ck_assert_ptr_nonnull(stand_heard(1, "INVITE "));
	stand_answers(0, "100 Trying", "", ""); // after all: it is called off
	ck_assert_ptr_nonnull(stand_heard(0, "CANCEL "));
	stand_answers(0, "487 Request Terminated", "", "");
	say_ok(1);
	is("answered");
	ua_hangup(stand.leg, "enough");
	stand_turn();
	stand_forget();
	ck_assert_int_eq(stand_call(), 0); // it comes last for a while
	ck_assert_ptr_null(stand_heard(0, "INVITE "));
}

// It answers after all, before the second one does.
static void late_200(void)
{
	call();
	stand_pass(4500);
	ck_assert_ptr_nonnull(stand_heard(1, "INVITE "));
	say_ok(0);
	is("answered");
	ck_assert_ptr_nonnull(stand_heard(0, "ACK "));
	stand_answers(1, "100 Trying", "", "");
	ck_assert_ptr_nonnull(stand_heard(1, "CANCEL "));
	say_ok(1); // crosses
	ck_assert_ptr_nonnull(stand_heard(1, "ACK "));
	ck_assert_ptr_nonnull(stand_heard(1, "BYE "));
	is("answered");
}

static void nobody_is_there(void)
{
	call();
	for (unsigned i = 0; i < 9; i++)
		stand_pass(5000);
	is("ended");
	ends_as(UA_END_TIMEOUT, 408, "no answer to our INVITE");
}

// Somebody's phone has rung: a second one shall not.
static void fails_while_it_rings(void)
{
	call();
	stand_answers(0, "180 Ringing", "", "");
	stand_answers(0, "503 Service Unavailable", "", "");
	ends_as(UA_END_REJECTED, 503, "Service Unavailable");
	ck_assert_ptr_null(stand_heard(1, "INVITE "));
}

// 183 alone: nobody has heard of it.
static void fails_after_183(void)
{
	call();
	stand_answers(0, "183 Session Progress", "", SDP_ANSWER);
	stand_answers(0, "503 Service Unavailable", "", "");
	say_ok(1);
	is("ringing answered");
}

static void busy(void)
{
	call();
	stand_answers(0, "486 Busy Here", "", "");
	ends_as(UA_END_REJECTED, 486, "Busy Here");
	ck_assert_ptr_null(stand_heard(1, "INVITE "));
}

static void called_off(void)
{
	call();
	stand_answers(0, "180 Ringing", "", "");
	ua_hangup(stand.leg, "enough");
	stand_turn();
	ck_assert_ptr_nonnull(stand_heard(0, "CANCEL "));
	stand_answers(0, "487 Request Terminated", "", "");
	is("ringing ended");
	ck_assert_ptr_null(stand_heard(1, "INVITE "));
}

// --- limits: two at once by the first trunk, two a second by the other ---

static void as_many_as_may_be(void)
{
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_int_eq(stand_call(), 0);
		ck_assert_uint_eq(stand_trunk("carrier").out_in_progress, i < 2 ? i + 1 : 2);
	}
	ck_assert_uint_eq(stand_trunk("second").out_in_progress, 2);
	ck_assert_int_eq(stand_call(), -EAGAIN);
	stand_pass(1000);
	ck_assert_int_eq(stand_call(), 0);
	ck_assert_uint_eq(stand_trunk("carrier").calls_out, 2);
	ck_assert_uint_eq(stand_trunk("second").calls_out, 3);
}

// --- we register ---

static void registers(void)
{
	stand_turn();
	const char *first = stand_heard(CLUB, "REGISTER ");
	ck_assert(str_starts(first, "REGISTER sip:club.example SIP/2.0\r\n"));
	ck_assert(stand_says(first, "\r\nTo: <sip:acme@club.example>\r\n"));
	ck_assert(stand_says(first, "\r\nContact: <sip:acme@127.0.0.1:5060>\r\n"));
	ck_assert(stand_says(first, "\r\nExpires: 600\r\n"));
	stand_answers(CLUB, "423 Interval Too Brief", "Min-Expires: 900\r\n", "");
	ck_assert(stand_says(stand_heard(CLUB, "REGISTER "), "\r\nExpires: 900\r\n"));
	stand_answers(CLUB, "401 Unauthorized", USER_ASKS, "");
	const char *again = stand_heard(CLUB, "REGISTER ");
	ck_assert(stand_says(again, "CSeq: 3 REGISTER\r\n"));
	ck_assert(stand_says(again, "\r\nAuthorization: Digest username=\"acme\""));
	stand_answers(CLUB, "200 OK", "Contact: <sip:acme@127.0.0.1:5060>;expires=100\r\n", "");
	stand_forget();
	stand_pass(79000);
	ck_assert_ptr_null(stand_heard(CLUB, "REGISTER "));
	stand_pass(2000); // four fifths are over
	ck_assert(!stand_says(stand_heard(CLUB, "REGISTER "), "Authorization"));
	// Asked again in its own time, by another nonce: that is no wrong password.
	stand_answers(CLUB, "401 Unauthorized", ASKS("WWW-Authenticate", "MD5", "n2", ""), "");
	ck_assert(stand_says(stand_heard(CLUB, "REGISTER "), "nonce=\"n2\""));
	stand_answers(CLUB, "200 OK", "Expires: 50\r\nContact: <sip:x@127.0.0.9>\r\n", "");
	stand_forget();
	stand_pass(41000);
	ck_assert_ptr_nonnull(stand_heard(CLUB, "REGISTER "));
}

static void registers_in_vain(void)
{
	stand_turn();
	stand_answers(CLUB, "401 Unauthorized", USER_ASKS, "");
	stand_answers(CLUB, "401 Unauthorized", USER_ASKS, "");
	stand_forget();
	stand_pass(29000);
	ck_assert_ptr_null(stand_heard(CLUB, "REGISTER "));
	stand_pass(2000);
	stand_answers(CLUB, "503 Service Unavailable", "", "");
	stand_forget();
	stand_pass(59000); // longer each time
	ck_assert_ptr_null(stand_heard(CLUB, "REGISTER "));
	stand_pass(2000);
	ck_assert_ptr_nonnull(stand_heard(CLUB, "REGISTER "));
}

// --- a call to us ---

static void asks_for_100rel(void)
{
	stand_sends(0,
		"INVITE sip:+864001234567@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bKin\r\n"
		"From: <sip:1@x>;tag=1\r\nTo: <sip:2@x>\r\nCall-ID: in\r\n"
		"CSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.2>\r\nRequire: 100rel\r\n"
		"Content-Length: 0\r\n\r\n");
	ck_assert(stand_says(stand_heard(0, "SIP/2.0 420 "), "\r\nUnsupported: 100rel\r\n"));
}

static const struct stand_row rows[] = {
	{"answered at once", answered_at_once},
	{"200 before 180", early_200},
	{"183 that requires 100rel", required_100rel},
	{"second fork", second_fork},
	{"407 after 183", asked_after_183},
	{"407, then 401", asked_twice_over},
	{"the stronger hash", stronger_hash},
	{"wrong password", wrong_password},
	{"stale once", stale_once},
	{"stale for ever", stale_for_ever},
	{"a weaker hash", weaker_hash},
	{"an unknown hash", unknown_hash},
	{"no password", no_password},
	{"503 with Retry-After", full_for_a_while},
	{"all fail", all_fail},
	{"silent", silent},
	{"200 of one that was left", late_200},
	{"nobody is there", nobody_is_there},
	{"503 after 180", fails_while_it_rings},
	{"503 after 183", fails_after_183},
	{"486", busy},
	{"called off", called_off},
	{"limits", as_many_as_may_be},
	{"we register", registers},
	{"we register in vain", registers_in_vain},
	{"an INVITE that requires 100rel", asks_for_100rel},
};

int main(void)
{
	return stand_main("targets", rows, sizeof(rows) / sizeof(rows[0]));
}
