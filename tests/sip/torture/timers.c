// Session timers (RFC 4028), over sockets and with a clock that goes forward at once.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/sip/torture/stand.h"
#include "tests/sip/torture/talk.h"

#define TAKES_UPDATE "Allow: INVITE, ACK, BYE, UPDATE\r\n"

static void never_in(const char *start, const char *line)
{
	ck_assert_ptr_null(strstr(talk_must_hear(start), line));
}

static void goes_on_for(uint64_t s)
{
	talk_forget();
	talk_pass(s * 1000);
	ck_assert_int_eq(talk_state(), LEG_UP);
	ck_assert_ptr_null(talk_heard("BYE "));
}

static void ends_within(uint64_t s)
{
	talk_pass(s * 1000);
	talk_must_say("BYE ", "text=\"session-expired\"");
	ck_assert_str_eq(talk.events, "answered ended");
	ck_assert_ptr_null(talk.leg);
	talk_end();
}

// --- what is agreed on ---

static const struct {
	const char *keys, *headers, *status, *line, *not ;
} agreements[] = {
	{"", "", "SIP/2.0 200", "Supported: timer\r\n", "Session-Expires"},
	{"", TIMER, "SIP/2.0 200", "Session-Expires: 1800;refresher=uac\r\n", "refresher=uas"},
	{"", TIMER, "SIP/2.0 200", "Require: timer\r\n", "refresher=uas"},
	{"", "Supported: 100rel, timer\r\nSession-Expires: 600\r\n", "SIP/2.0 200",
		"Session-Expires: 600;refresher=uac\r\n", "refresher=uas"},
	{"", "k: timer\r\nx: 600 ; refresher = UAS\r\n", "SIP/2.0 200",
		"Session-Expires: 600;refresher=uas\r\n", "Require"},
	{"", "Require: timer\r\nSession-Expires: 200;refresher=uac\r\n", "SIP/2.0 200",
		"Session-Expires: 200;refresher=uac\r\n", "refresher=uas"},
	{"", TIMER "Session-Expires: 4000\r\n", "SIP/2.0 200", "Session-Expires: 1800;",
		"Expires: 4000"},
	{"", TIMER "Min-SE: 3600\r\n", "SIP/2.0 200", "Session-Expires: 3600;", "1800"},
	{"", TIMER "Session-Expires: 99999999999999999999\r\n", "SIP/2.0 200",
		"Session-Expires: 1800;", "9999"},
	{"", TIMER "Session-Expires: soon\r\n", "SIP/2.0 200", "Session-Expires: 1800;", "soon"},
	{"", "Session-Expires: 300;refresher=uac\r\n", "SIP/2.0 200",
		"Session-Expires: 300;refresher=uas\r\n", "Require"},
	{"", "Session-Expires: 10\r\n", "SIP/2.0 200", "Session-Expires: 90;refresher=uas\r\n",
		"Require"},
	{"", TIMER "Session-Expires: 89\r\n", "SIP/2.0 422", "Min-SE: 90\r\n", "Session-Expires"},
	{", min_se: 300s", TIMER "Session-Expires: 299\r\n", "SIP/2.0 422", "Min-SE: 300\r\n",
		"Session-Expires"},
	{"", "Require: timer, 100rel\r\n", "SIP/2.0 420", "Unsupported: 100rel\r\n", "timer"},
	{", session_expires: 0s", TIMER "Session-Expires: 20\r\n", "SIP/2.0 200", "Supported:\r\n",
		"Session-Expires"},
	{", session_expires: 0s", "Require: timer\r\n", "SIP/2.0 420", "Unsupported: timer\r\n",
		"Session-Expires"},
};

START_TEST(an_invite_and_what_is_agreed)
{
	for (unsigned i = 0; i < sizeof(agreements) / sizeof(agreements[0]); i++) {
		talk_begin_with(agreements[i].keys);
		talk_tells("INVITE", agreements[i].headers, SDP);
		if (talk.leg)
			ck_assert_int_eq(talk_answer(), 0);
		talk_must_say(agreements[i].status, agreements[i].line);
		never_in(agreements[i].status, agreements[i].not );
		talk_end();
	}
}
END_TEST

// --- the far end gives the sign ---

START_TEST(their_sign_keeps_the_call)
{
	static const char *const signs[] = {"UPDATE", "INVITE"};

	for (unsigned i = 0; i < 2; i++) {
		talk_call("", TIMER "Session-Expires: 90\r\n");
		goes_on_for(55);
		talk_tells(signs[i], TIMER "Session-Expires: 90;refresher=uac\r\n", i ? SDP : "");
		talk_must_say("SIP/2.0 200", "Session-Expires: 90;refresher=uac\r\n");
		if (i)
			talk_tells("ACK", "", "");
		goes_on_for(59);
		ends_within(2);
	}
}
END_TEST

START_TEST(a_sign_may_change_what_is_agreed)
{
	talk_call("", TIMER "Session-Expires: 90\r\n");
	talk_tells("UPDATE", TIMER "Session-Expires: 20\r\n", "");
	talk_must_say("SIP/2.0 422", "Min-SE: 90\r\n");
	talk_tells("UPDATE", TIMER TAKES_UPDATE "Session-Expires: 400;refresher=uas\r\n", "");
	talk_must_say("SIP/2.0 200", "Session-Expires: 400;refresher=uas\r\n");
	goes_on_for(199);
	ck_assert_ptr_null(talk_heard("UPDATE "));
	talk_pass(2000);
	talk_must_say("UPDATE ", "Session-Expires: 400;refresher=uac\r\n");
	talk_answers("UPDATE ", "200 OK", "", "");
	talk_tells("UPDATE", "", ""); // a far end that has forgotten timers
	never_in("SIP/2.0 200", "Session-Expires");
	goes_on_for(3600);
	talk_end();
}
END_TEST

// --- we do ---

#define OURS TIMER "Session-Expires: 90;refresher=uas\r\n"

START_TEST(our_sign_by_update)
{
	talk_call("", OURS TAKES_UPDATE);
	for (unsigned i = 0; i < 3; i++) {
		goes_on_for(44);
		talk_pass(1000);
		talk_must_say("UPDATE ", "Session-Expires: 90;refresher=uac\r\n");
		talk_must_say("UPDATE ", "Content-Length: 0\r\n");
		talk_answers("UPDATE ", "200 OK", "Session-Expires: 90;refresher=uac\r\n", "");
	}
	goes_on_for(44);
	talk_pass(1000);
	talk_answers("UPDATE ", "200 OK", "Session-Expires: 90;refresher=uas\r\n", "");
	goes_on_for(59); // theirs is the next one
	ck_assert_ptr_null(talk_heard("UPDATE "));
	ends_within(2);
}
END_TEST

// The session description is the one of our 200, version and all.
START_TEST(our_sign_by_invite)
{
	char origin[128] = "";

	talk_call("", OURS);
	const char *o = strstr(talk_must_hear("SIP/2.0 200"), "\r\no=");
	str_copy_n(origin, sizeof(origin), o, strcspn(o + 2, "\r") + 2);
	for (unsigned i = 0; i < 2; i++) {
		talk_forget();
		talk_pass(45000);
		talk_must_say("INVITE ", origin);
		talk_must_say("INVITE ", "Session-Expires: 90;refresher=uac\r\n");
		talk_answers("INVITE ", "200 OK", "Contact: <sip:b@127.0.0.2:5060>\r\n",
			i ? OTHER_SDP : SDP); // and a far end that knows of no timers
		talk_must_hear("ACK ");
		ck_assert_str_eq(talk.events, i ? "answered media" : "answered");
	}
	talk_forget();
	talk_pass(45000);
	talk_answers("INVITE ", "200 OK", "", NO_CODEC); // of no use: it changes nothing
	talk_forget();
	talk_pass(45000);
	talk_answers("INVITE ", "200 OK", "", OTHER_SDP);
	const char *invite = strdup(talk_must_hear("INVITE "));
	talk_forget();
	talk.heard[talk.count++] = (char *)invite;
	talk_answers("INVITE ", "200 OK", "", OTHER_SDP); // once more: its ACK got lost
	talk_must_hear("ACK ");
	ck_assert_str_eq(talk.events, "answered media");
	talk_end();
}
END_TEST

static const struct {
	const char *request, *takes, *status, *headers, *next, *line; // NULL: nothing at once
} refusals[] = {
	{"UPDATE ", TAKES_UPDATE, "405 Method Not Allowed", "", "INVITE ", "refresher=uac"},
	{"UPDATE ", TAKES_UPDATE, "501 Not Implemented", "", "INVITE ", "refresher=uac"},
	{"UPDATE ", TAKES_UPDATE, "422 Interval Too Small", "Min-SE: 200\r\n", "UPDATE ",
		"Session-Expires: 200;"},
	{"UPDATE ", TAKES_UPDATE, "422 Interval Too Small", "", NULL, NULL},
	{"UPDATE ", TAKES_UPDATE, "422 Interval Too Small", "Min-SE: 4000000000\r\n", NULL, NULL},
	{"UPDATE ", TAKES_UPDATE, "503 Service Unavailable", "Retry-After: 5\r\n", NULL, NULL},
	{"INVITE ", "", "422 Interval Too Small", "Min-SE: 200\r\n", "INVITE ",
		"Session-Expires: 200;"},
	{"INVITE ", "", "488 Not Acceptable Here", "", NULL, NULL},
	{"INVITE ", "", "500 Server Internal Error", "Retry-After: 5\r\n", NULL, NULL},
	{"INVITE ", "", "403 Forbidden", "", NULL, NULL},
};

START_TEST(a_refused_sign_ends_nothing_yet)
{
	for (unsigned i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		char headers[256];
		str_format(headers, sizeof(headers), OURS "%s", refusals[i].takes);
		talk_call("", headers);
		talk_forget();
		talk_pass(45000);
		const char *asked = strdup(talk_must_hear(refusals[i].request));
		talk_forget();
		talk.heard[talk.count++] = (char *)asked;
		talk_answers(refusals[i].request, refusals[i].status, refusals[i].headers, "");
		ck_assert_int_eq(talk_state(), LEG_UP);
		if (refusals[i].next) {
			talk_must_say(refusals[i].next, refusals[i].line);
			talk_end();
			continue;
		}
		talk_forget();
		talk_pass(9000); // once more before the end
		talk_must_hear(refusals[i].request);
		talk_answers(refusals[i].request, refusals[i].status, refusals[i].headers, "");
		ends_within(8);
	}
}
END_TEST

START_TEST(who_is_gone_is_found)
{
	static const char *const takes[] = {TAKES_UPDATE, ""};
	static const char *const gone[] = {"481 No Such Call", "408 Request Timeout", NULL};

	for (unsigned i = 0; i < 6; i++) {
		const char *request = i % 2 ? "INVITE " : "UPDATE ";
		char headers[256];
		str_format(headers, sizeof(headers), OURS "%s", takes[i % 2]);
		talk_call("", headers);
		talk_forget();
		talk_pass(45000);
		talk_must_hear(request);
		if (gone[i / 2])
			talk_answers(request, gone[i / 2], "", "");
		ends_within(gone[i / 2] ? 0 : 16); // 15 s before anybody else thinks so
	}
}
END_TEST

// --- calls of ours ---

START_TEST(a_phone_agrees)
{
	talk_begin();
	talk_invite();
	talk_must_say("INVITE ", "Supported: timer\r\nSession-Expires: 1800\r\nMin-SE: 90\r\n");
	talk_forget();
	talk.phone_headers = "Min-SE: 3600\r\n";
	talk_phone_says(0, "422 Session Interval Too Small", "", false);
	talk_must_say("INVITE ", "Session-Expires: 3600\r\nMin-SE: 3600\r\n");
	talk_must_say("INVITE ", "CSeq: 2 INVITE\r\n");
	talk.phone_headers = "Session-Expires: 90;refresher=uas\r\n" TAKES_UPDATE;
	talk_phone_says(1, "200 OK", SDP, false);
	goes_on_for(59);
	ends_within(2);
	talk_begin();
	talk_invite();
	talk.phone_headers = "Session-Expires: 90;refresher=uac\r\n" TAKES_UPDATE;
	talk_phone_says(0, "200 OK", SDP, false);
	goes_on_for(44);
	talk_pass(1000);
	talk_must_say("UPDATE ", "refresher=uac");
	talk_end();
	talk_begin();
	talk_invite();
	talk.phone_headers = ""; // knows of no timers
	talk_phone_says(1, "486 Busy Here", "", false);
	talk_phone_says(0, "200 OK", SDP, false);
	goes_on_for(7200);
	ck_assert_ptr_null(talk_heard("INVITE "));
	talk_end();
}
END_TEST

START_TEST(a_phone_that_wants_too_much)
{
	talk_begin();
	talk_invite();
	talk.phone_headers = "Min-SE: 99999999\r\n";
	talk_phone_says(0, "422 Session Interval Too Small", "", false);
	talk_phone_says(1, "486 Busy Here", "", false);
	ck_assert_str_eq(talk.events, "ended");
	talk_end();
}
END_TEST

int main(void)
{
	const TTest *tests[] = {an_invite_and_what_is_agreed, their_sign_keeps_the_call,
		a_sign_may_change_what_is_agreed, our_sign_by_update, our_sign_by_invite,
		a_refused_sign_ends_nothing_yet, who_is_gone_is_found, a_phone_agrees,
		a_phone_that_wants_too_much};

	if (!wire_enter()) {
		puts("skipped: no network namespace of its own");
		return 77;
	}
	return unit_run("timers", tests, sizeof(tests) / sizeof(tests[0]));
}
