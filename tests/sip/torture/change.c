// What we change in a dialog, what the far end does by UPDATE (RFC 3311), and both at once, over
// sockets and with a clock that goes forward at once.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/sip/torture/stand.h"
#include "tests/sip/torture/talk.h"

#define OURS TIMER "Session-Expires: 90;refresher=uas\r\n"

// --- both at once ---

static uint64_t again_after(const char *request)
{
	uint64_t ms = 0;

	talk_forget();
	for (; !talk_heard(request) && ms < 6000; ms += 100)
		talk_pass(100);
	return ms;
}

START_TEST(both_ask_at_once)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (unsigned i = 0; i < 12; i++) {
		talk_call("", OURS);
		talk_pass(45000);
		talk_must_hear("INVITE ");
		talk_tells("INVITE", OURS, SDP);
		talk_must_hear("SIP/2.0 491");
		talk_tells("UPDATE", "", SDP);
		talk_must_hear("SIP/2.0 491");
		talk_tells("UPDATE", "", ""); // offers nothing
		talk_must_hear("SIP/2.0 200");
		talk_answers("INVITE ", "491 Request Pending", "", "");
		uint64_t ms = again_after("INVITE ");
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
		ck_assert_uint_le(ms, 2100); // the Call-ID is theirs
		talk_end();
	}
	ck_assert_uint_gt(most, least + 200);
	talk_begin();
	talk_invite();
	talk_phone_says(1, "486 Busy Here", "", false);
	talk.phone_headers = "Session-Expires: 90;refresher=uac\r\n";
	talk_phone_says(0, "200 OK", SDP, false);
	for (unsigned i = 0; i < 4; i++) { // until the session would expire
		if (i == 0)
			talk_pass(45000);
		talk_reply(talk.phone[0], "INVITE ", &(struct reply){"491 Request Pending"});
		uint64_t ms = again_after("INVITE ");
		ck_assert_uint_ge(ms, 2100); // ours
		ck_assert_uint_le(ms, 4100);
	}
	talk_end();
}
END_TEST

// Ours waits until theirs is acknowledged.
START_TEST(we_ask_before_their_ack)
{
	struct addr local;

	talk_call("", "");
	addr_parse("10.99.0.2:4002", &local);
	talk_tells("INVITE", "", SDP);
	ck_assert_int_eq(ua_reoffer(talk.leg, &local), 0);
	ck_assert_int_eq(ua_reoffer(talk.leg, &local), -EAGAIN);
	talk_turn();
	ck_assert_ptr_null(talk_heard("INVITE "));
	talk_tells("ACK", "", "");
	talk_pass(2000);
	talk_must_say("INVITE ", "m=audio 4002 ");
	talk_end();
}
END_TEST

// --- ua_reoffer ---

static void reoffer(void)
{
	struct addr local;

	talk_call("", "");
	addr_parse("10.99.0.2:4002", &local);
	ck_assert_int_eq(ua_reoffer(talk.leg, &local), 0);
	talk_turn();
	talk_must_say("INVITE ", "m=audio 4002 ");
}

START_TEST(we_change_the_address)
{
	reoffer();
	talk_answers("INVITE ", "100 Trying", "", "");
	talk_answers("INVITE ", "200 OK", "Contact: <sip:moved@127.0.0.2:5060>\r\n", OTHER_SDP);
	talk_must_hear("ACK sip:moved@");
	ck_assert_str_eq(talk.events, "answered media");
	talk_tells("INVITE", "", SDP); // what was agreed on last holds
	talk_must_say("SIP/2.0 200", "m=audio 4002 ");
	talk_end();
	reoffer();
	talk_answers("INVITE ", "488 Not Acceptable Here", "", "");
	ck_assert_str_eq(talk.events, "answered kept");
	talk_tells("INVITE", "", SDP);
	talk_must_say("SIP/2.0 200", "m=audio 4000 ");
	talk_end();
}
END_TEST

START_TEST(an_answer_of_no_use_ends)
{
	reoffer();
	talk_answers("INVITE ", "200 OK", "", NO_CODEC);
	talk_must_hear("BYE ");
	ck_assert_str_eq(talk.events, "answered ended");
	talk_end();
}
END_TEST

START_TEST(nobody_answers_our_offer)
{
	reoffer();
	talk_answers("INVITE ", "180 Ringing", "", ""); // and no more
	talk_pass(33000);
	talk_must_hear("CANCEL ");
	ck_assert_str_eq(talk.events, "answered kept");
	talk_end();
	reoffer();
	talk_answers("INVITE ", "481 No Such Call", "", "");
	talk_must_hear("BYE ");
	ck_assert_str_eq(talk.events, "answered ended");
	talk_end();
	reoffer();
	for (unsigned i = 0; i < 40 && talk.leg; i++)
		talk_pass(1000);
	ck_assert_str_eq(talk.events, "answered ended");
	talk_end();
}
END_TEST

// --- UPDATE ---

START_TEST(an_update_changes_media)
{
	talk_call("", "");
	talk_tells("UPDATE", "", OTHER_SDP);
	talk_must_say("SIP/2.0 200", "a=recvonly\r\n");
	talk_must_say("SIP/2.0 200", "Contact: <sip:127.0.0.1:5060>\r\n");
	ck_assert_str_eq(talk.events, "answered media");
	talk_tells("UPDATE", "", OTHER_SDP);
	ck_assert_str_eq(talk.events, "answered media");
	talk_tells("UPDATE", "", NO_CODEC);
	talk_must_say("SIP/2.0 488", "Warning: 305");
	talk_tells("UPDATE", "Content-Type: text/plain\r\n", "");
	talk_end();
}
END_TEST

START_TEST(what_we_take_is_told)
{
	talk_call("", "");
	talk_tells("REFER", "Refer-To: <sip:c@x>\r\n", "");
	talk_must_say("SIP/2.0 405",
		"Allow: INVITE, ACK, CANCEL, BYE, UPDATE, INFO, OPTIONS, REGISTER\r\n");
	talk_tells("OPTIONS", "", "");
	talk_must_say("SIP/2.0 200", "UPDATE, ");
	talk_must_say("SIP/2.0 200", TIMER);
	talk_end();
}
END_TEST

int main(void)
{
	const TTest *tests[] = {both_ask_at_once, we_ask_before_their_ack, we_change_the_address,
		an_answer_of_no_use_ends, nobody_answers_our_offer, an_update_changes_media,
		what_we_take_is_told};

	if (!wire_enter()) {
		puts("skipped: no network namespace of its own");
		return 77;
	}
	return unit_run("change", tests, sizeof(tests) / sizeof(tests[0]));
}
