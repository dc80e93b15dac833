// Each state of an INVITE dialog, and what messages, timers and its owner's wishes do there, over
// sockets and with a clock that goes forward at once.
#include <errno.h>
#include <stdio.h>

#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/sip/torture/stand.h"
#include "tests/sip/torture/talk.h"

static uint32_t last_cseq;

static void say(const struct said *s)
{
	talk_say(talk.trunk, TRUNK, s);
}

static uint32_t next_cseq(void)
{
	return ++last_cseq + 1;
}

// --- the states ---

static void incoming(void)
{
	say(&(struct said){"INVITE", NULL, SDP, 1});
	ck_assert_int_eq(talk_state(), LEG_INCOMING);
}

static void answering(void)
{
	incoming();
	ck_assert_int_eq(talk_answer(), 0);
	ck_assert_int_eq(talk_state(), LEG_ANSWERING);
}

static void up(void)
{
	answering();
	say(&(struct said){"ACK", NULL, NULL, 1});
	ck_assert_int_eq(talk_state(), LEG_UP);
}

// Hung up while its 200 waits for the ACK: kept until that comes.
static void over(void)
{
	answering();
	ua_hangup(talk.leg, "enough");
	talk_turn();
	ck_assert_int_eq(talk_state(), LEG_OVER);
	ck_assert_ptr_null(talk.leg);
}

static void calling(void)
{
	talk_invite();
}

static void phone_up(void)
{
	calling();
	talk_phone_says(0, "200 OK", SDP, false);
	ck_assert_int_eq(talk_state(), LEG_UP);
}

static void phone_over(void)
{
	calling();
	ua_hangup(talk.leg, "enough");
	talk_turn();
	ck_assert_int_eq(talk_state(), LEG_OVER);
}

// --- what comes ---

static void bye(void)
{
	say(&(struct said){"BYE", NULL, NULL, next_cseq()});
}

static void bye_from_elsewhere(void)
{
	talk_say(talk.elsewhere, ELSEWHERE, &(struct said){"BYE", NULL, NULL, next_cseq()});
}

static void reinvite(void)
{
	say(&(struct said){"INVITE", NULL, SDP, next_cseq()});
}

static void reinvite_acked(void)
{
	uint32_t cseq = next_cseq();
	say(&(struct said){"INVITE", NULL, SDP, cseq});
	say(&(struct said){"ACK", NULL, NULL, cseq});
}

// Without an offer; the answer to ours has no codec of ours.
static void reinvite_acked_badly(void)
{
	uint32_t cseq = next_cseq();
	say(&(struct said){"INVITE", NULL, NULL, cseq});
	say(&(struct said){"ACK", NULL, NO_CODEC, cseq});
}

static void reinvite_unacked(void)
{
	reinvite();
	talk_pass(33000);
}

static void update(void)
{
	say(&(struct said){"UPDATE", NULL, NULL, next_cseq()});
}

static void update_with_offer(void)
{
	say(&(struct said){"UPDATE", NULL, SDP, next_cseq()});
}

static void info(void)
{
	say(&(struct said){"INFO", "Content-Type: application/dtmf\r\n", "5", next_cseq()});
}

static void options(void)
{
	say(&(struct said){"OPTIONS", NULL, NULL, next_cseq()});
}

static void ack(void)
{
	say(&(struct said){"ACK", NULL, NULL, 1});
}

static void cancel(void)
{
	say(&(struct said){"CANCEL", NULL, NULL, 1});
}

static void half_a_minute(void)
{
	talk_pass(33000);
}

static void hang_up(void)
{
	ua_hangup(talk.leg, "enough");
	talk_turn();
}

static void accept_it(void)
{
	ck_assert_int_eq(talk_answer(), 0);
}

static void reject(void)
{
	ua_reject(talk.leg, 486, "Busy Here");
	talk_turn();
}

static void change(void)
{
	struct addr local;
	addr_parse("10.99.0.2:4002", &local);
	ck_assert_int_eq(ua_reoffer(talk.leg, &local), 0);
	talk_turn();
}

// Over while its owner does not know yet.
static void hang_up_and_change(void)
{
	struct addr local = {0};
	ua_hangup(talk.leg, "enough");
	ck_assert_int_eq(ua_reoffer(talk.leg, &local), -ECANCELED);
	talk_turn();
}

static void change_is_refused(void)
{
	change();
	talk_reply(talk.trunk, "INVITE ", &(struct reply){"488 Not Acceptable Here"});
}

static void probe(void)
{
	ua_probe(talk.leg);
	talk_turn();
}

// Nobody answers.
static void probe_for_half_a_minute(void)
{
	probe();
	for (unsigned i = 0; i < 40 && talk_state() == LEG_UP; i++)
		talk_pass(1000);
}

static void ringing(void)
{
	talk_phone_says(0, "180 Ringing", "", false);
}

static void trying(void)
{
	talk_phone_says(1, "100 Trying", "", false);
}

static void first_answers(void)
{
	talk_phone_says(0, "200 OK", SDP, false);
}

static void first_answers_badly(void)
{
	talk_phone_says(0, "200 OK", NO_CODEC, false);
}

static void second_answers(void)
{
	talk_phone_says(1, "200 OK", SDP, false);
}

static void stray_answer(void)
{
	talk_phone_says(1, "200 OK", SDP, true);
}

static void second_is_busy(void)
{
	talk_phone_says(1, "486 Busy Here", "", false);
}

static void both_are_busy(void)
{
	talk_phone_says(0, "486 Busy Here", "", false);
	talk_phone_says(1, "486 Busy Here", "", false);
}

static void second_redirects(void)
{
	talk_phone_says(1, "302 Moved", "", false);
}

static void rings_too_long(void)
{
	ringing();
	talk_phone_says(1, "180 Ringing", "", false);
	talk_pass(31000);
}

static void a_minute(void)
{
	for (unsigned i = 0; i < 70; i++)
		talk_pass(1000);
}

static const struct {
	const char *name;
	void (*from)(void), (*what)(void);
	enum ua_leg_state to;
	const char *says; // the beginning of what the far end hears; NULL: nothing new that counts
	const char *events; // that the owner has heard by then
} rows[] = {
	{"incoming, BYE", incoming, bye, GONE, "SIP/2.0 487", "ended"},
	{"incoming, INVITE", incoming, reinvite, LEG_INCOMING, "SIP/2.0 500", ""},
	{"incoming, UPDATE", incoming, update, LEG_INCOMING, "SIP/2.0 200", ""},
	{"incoming, UPDATE, offer", incoming, update_with_offer, LEG_INCOMING, "SIP/2.0 500", ""},
	{"incoming, OPTIONS", incoming, options, LEG_INCOMING, "SIP/2.0 200", ""},
	{"incoming, INFO", incoming, info, LEG_INCOMING, "SIP/2.0 200", "digit"},
	{"incoming, BYE of another", incoming, bye_from_elsewhere, LEG_INCOMING, NULL, ""},
	{"incoming, CANCEL", incoming, cancel, GONE, "SIP/2.0 487", "ended"},
	{"incoming, accepted", incoming, accept_it, LEG_ANSWERING, "SIP/2.0 200", ""},
	{"incoming, rejected", incoming, reject, GONE, "SIP/2.0 486", "ended"},
	{"incoming, hung up", incoming, hang_up, GONE, "SIP/2.0 480", "ended"},
	{"answering, BYE", answering, bye, GONE, "SIP/2.0 200", "ended"},
	{"answering, INVITE", answering, reinvite, LEG_ANSWERING, "SIP/2.0 491", ""},
	{"answering, UPDATE", answering, update, LEG_ANSWERING, "SIP/2.0 200", ""},
	{"answering, UPDATE, offer", answering, update_with_offer, LEG_ANSWERING, "SIP/2.0 491",
		""},
	{"answering, OPTIONS", answering, options, LEG_ANSWERING, "SIP/2.0 200", ""},
	{"answering, INFO", answering, info, LEG_ANSWERING, "SIP/2.0 200", "digit"},
	{"answering, BYE of another", answering, bye_from_elsewhere, LEG_ANSWERING, NULL, ""},
	{"answering, ACK", answering, ack, LEG_UP, NULL, "answered"},
	{"answering, no ACK", answering, half_a_minute, GONE, "BYE ", "ended"},
	{"answering, hung up", answering, hang_up, LEG_OVER, NULL, "ended"},
	{"up, BYE", up, bye, GONE, "SIP/2.0 200", "answered ended"},
	{"up, INVITE", up, reinvite_acked, LEG_UP, "SIP/2.0 200", "answered"},
	{"up, INVITE, bad ACK", up, reinvite_acked_badly, GONE, "BYE ", "answered ended"},
	{"up, INVITE, no ACK", up, reinvite_unacked, GONE, "BYE ", "answered ended"},
	{"up, UPDATE", up, update, LEG_UP, "SIP/2.0 200", "answered"},
	{"up, UPDATE, offer", up, update_with_offer, LEG_UP, "SIP/2.0 200", "answered"},
	{"up, changed by us", up, change, LEG_UP, "INVITE ", "answered"},
	{"up, change refused", up, change_is_refused, LEG_UP, "ACK ", "answered kept"},
	{"up, hung up and changed", up, hang_up_and_change, GONE, "BYE ", "answered ended"},
	{"up, OPTIONS", up, options, LEG_UP, "SIP/2.0 200", "answered"},
	{"up, INFO", up, info, LEG_UP, "SIP/2.0 200", "answered digit"},
	{"up, BYE of another", up, bye_from_elsewhere, LEG_UP, "OPTIONS ", "answered"},
	{"up, asked", up, probe, LEG_UP, "OPTIONS ", "answered"},
	{"up, asked in vain", up, probe_for_half_a_minute, GONE, "BYE ", "answered ended"},
	{"up, hung up", up, hang_up, GONE, "BYE ", "answered ended"},
	{"over, BYE", over, bye, LEG_OVER, "SIP/2.0 481", "ended"},
	{"over, INVITE", over, reinvite, LEG_OVER, "SIP/2.0 481", "ended"},
	{"over, UPDATE", over, update, LEG_OVER, "SIP/2.0 481", "ended"},
	{"over, OPTIONS", over, options, LEG_OVER, "SIP/2.0 481", "ended"},
	{"over, INFO", over, info, LEG_OVER, "SIP/2.0 481", "ended"},
	{"over, ACK", over, ack, LEG_OVER, "BYE ", "ended"},
	{"over, no ACK", over, half_a_minute, GONE, "BYE ", "ended"},
	{"calling, 180", calling, ringing, LEG_CALLING, NULL, "ringing"},
	{"calling, 100", calling, trying, LEG_CALLING, NULL, "trying"},
	{"calling, 200", calling, first_answers, LEG_UP, "ACK ", "answered"},
	{"calling, 200 of no use", calling, first_answers_badly, LEG_OVER, "BYE ", "ended"},
	{"calling, stray 200", calling, stray_answer, LEG_CALLING, "BYE ", ""},
	{"calling, one is busy", calling, second_is_busy, LEG_CALLING, "ACK ", ""},
	{"calling, both are", calling, both_are_busy, LEG_OVER, "ACK ", "ended"},
	{"calling, 302", calling, second_redirects, LEG_CALLING, "ACK ", ""},
	{"calling, too long", calling, rings_too_long, LEG_OVER, "CANCEL ", "ringing ended"},
	{"calling, hung up", calling, hang_up, LEG_OVER, NULL, "ended"},
	{"phone up, 180", phone_up, trying, LEG_UP, NULL, "answered"},
	{"phone up, second 200", phone_up, second_answers, LEG_UP, "BYE ", "answered"},
	{"phone up, stray 200", phone_up, stray_answer, LEG_UP, "BYE ", "answered"},
	{"phone up, 302", phone_up, second_redirects, LEG_UP, "ACK ", "answered"},
	{"phone up, 486", phone_up, second_is_busy, LEG_UP, "ACK ", "answered"},
	{"phone over, 180", phone_over, ringing, LEG_OVER, "CANCEL ", "ended"},
	{"phone over, 200", phone_over, first_answers, LEG_OVER, "BYE ", "ended"},
	{"phone over, stray 200", phone_over, stray_answer, LEG_OVER, "BYE ", "ended"},
	{"phone over, 302", phone_over, second_redirects, LEG_OVER, "ACK ", "ended"},
	{"phone over, 486", phone_over, second_is_busy, LEG_OVER, "ACK ", "ended"},
	{"phone over, later", phone_over, a_minute, GONE, NULL, "ended"},
};

START_TEST(each_state_and_what_comes)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		talk_begin();
		last_cseq = 0;
		rows[i].from();
		talk_forget();
		rows[i].what();
		ck_assert_msg(
			talk_state() == rows[i].to, "%s: state %d", rows[i].name, talk_state());
		ck_assert_msg(rows[i].says == NULL || talk_heard(rows[i].says) != NULL,
			"%s: no %s but %s", rows[i].name, rows[i].says,
			talk.count ? talk.heard[talk.count - 1] : "nothing");
		ck_assert_msg(str_equal(talk.events, rows[i].events), "%s: told %s", rows[i].name,
			talk.events);
		talk_end();
	}
}
END_TEST

int main(void)
{
	const TTest *tests[] = {each_state_and_what_comes};

	if (!wire_enter()) {
		puts("skipped: no network namespace of its own");
		return 77;
	}
	return unit_run("dialog", tests, sizeof(tests) / sizeof(tests[0]));
}
