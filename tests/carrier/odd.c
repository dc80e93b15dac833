// Far ends that may do as they do, and seldom do: who asks for a password anew in the midst of
// other answers, who answers what was asked or offered long ago.
#include <string.h>

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/carrier/stand.h"
#include "tests/unit/unit.h"

#define ASKS_BY(header, nonce) \
	header ": Digest realm=\"carrier\", nonce=\"" nonce "\", qop=\"auth\"\r\n"
#define USER_ASKS(nonce)  ASKS_BY("WWW-Authenticate", nonce)
#define PROXY_ASKS(nonce) ASKS_BY("Proxy-Authenticate", nonce)
#define USER_ASKED	  "401 Unauthorized"
#define PROXY_ASKED	  "407 Proxy Authentication Required"

static void call(void)
{
	ck_assert_int_eq(stand_call(), 0);
	ck_assert_ptr_nonnull(stand_heard(0, "INVITE "));
}

static void signs(unsigned target, const char *request, const char *nonce)
{
	ck_assert_msg(stand_says(stand_heard(target, request), nonce), "%s without %s",
		stand_heard(target, request), nonce);
}

// --- passwords: a nonce for each request, and none is called stale ---

// Who leads on asks, and so may who is led to.
static void led_on_and_asked(void)
{
	call();
	stand_answers(0, USER_ASKED, USER_ASKS("n1"), "");
	stand_answers(
		0, "302 Moved Temporarily", "Contact: <sip:02155501234@127.0.0.3:5060>\r\n", "");
	stand_answers(1, USER_ASKED, USER_ASKS("n2"), "");
	signs(1, "INVITE ", "nonce=\"n2\"");
	stand_answers(1, USER_ASKED, USER_ASKS("n3"), "");
	ck_assert_str_eq(stand.events, "ended");
	ck_assert_str_eq(stand.ended.reason, "our user or password is refused");
}

static void asked_after_422(void)
{
	call();
	stand_answers(0, PROXY_ASKED, PROXY_ASKS("n1"), "");
	stand_answers(0, "422 Session Interval Too Small", "Min-SE: 3600\r\n", "");
	signs(0, "INVITE ", "Min-SE: 3600");
	stand_answers(0, PROXY_ASKED, PROXY_ASKS("n2"), "");
	signs(0, "INVITE ", "nonce=\"n2\"");
	stand_answers(0, "200 OK", "", SDP_ANSWER);
	ck_assert_str_eq(stand.events, "answered");
}

// It is looked who we are before it is looked for how long.
static void registers_and_asked(void)
{
	stand_turn();
	stand_answers(CLUB, USER_ASKED, USER_ASKS("n1"), "");
	stand_answers(CLUB, "423 Interval Too Brief", "Min-Expires: 900\r\n", "");
	signs(CLUB, "REGISTER ", "\r\nExpires: 900\r\n");
	stand_answers(CLUB, USER_ASKED, USER_ASKS("n2"), "");
	signs(CLUB, "REGISTER ", "nonce=\"n2\"");
	stand_answers(CLUB, "200 OK", "Expires: 900\r\n", "");
}

// --- what was offered ---

// A target of a trunk that was left for one with other codecs.
static void late_200_of_other_codecs(void)
{
	stand_reload("domain: sip.second.example}", "domain: sip.second.example, codecs: PCMU}");
	call();
	stand_pass(4500);
	stand_pass(4500);
	signs(2, "INVITE ", "RTP/AVP 0 101\r\n");
	stand_answers(0, "200 OK", "", SDP_ANSWER);
	ck_assert_str_eq(stand.events, "answered");
	ck_assert_ptr_nonnull(stand_heard(0, "ACK "));
	ck_assert_ptr_null(stand_heard(0, "BYE "));
}

// --- a sign of life by INVITE, which rings too long and is answered when we have given it up ---

static void late_200_within(void)
{
	call();
	stand_answers(0, "200 OK",
		"Session-Expires: 1800;refresher=uac\r\nAllow: INVITE, ACK, BYE\r\n", SDP_ANSWER);
	stand_forget();
	stand_pass(901000);
	signs(0, "INVITE ", "\r\nCSeq: 2 INVITE\r\n");
	stand_answers_to(0, "INVITE ", "180 Ringing", "");
	stand_pass(33000);
	ck_assert_ptr_nonnull(stand_heard(0, "CANCEL "));
	for (unsigned i = 0; i < 2; i++) // the first one is libre's
		stand_answers_to(0, "INVITE ", "200 OK", "");
	signs(0, "ACK ", "\r\nCSeq: 2 ACK\r\n");
	ck_assert_ptr_null(stand_heard(0, "BYE "));
	ck_assert_str_eq(stand.events, "answered");
}

static const struct stand_row rows[] = {
	{"302 between two that ask", led_on_and_asked},
	{"422 between two that ask", asked_after_422},
	{"423 between two that ask", registers_and_asked},
	{"200 of one that was left, for other codecs", late_200_of_other_codecs},
	{"200 to a re-INVITE that was given up", late_200_within},
};

int main(void)
{
	return stand_main("odd", rows, sizeof(rows) / sizeof(rows[0]));
}
