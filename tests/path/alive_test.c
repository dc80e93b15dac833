// What counts as life of a far end that sends no sound: reports, other types, sound on hold. What
// does not: nothing, and strangers.
#include "tests/path/stage.h"

#include <string.h>

#define TIMEOUT_S 3

static const uint8_t receiver_report[] = {0x80, 201, 0, 1, 0x12, 0x34, 0x56, 0x78};

static void begin(uint8_t direction)
{
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	r.rtp_timeout_s = TIMEOUT_S;
	stage_set_remote(CALLER, &r);
	r.direction = direction;
	stage_set_remote(CALLER, &r);
}

// Sound for 200 ms, then one packet each second for 10 s, the last at 10,200 ms.
static void gen_pulse(enum far from, bool rtcp, uint8_t pt)
{
	struct talker t = gen_talker(CALLER, 10), other = gen_talker(from, 10);
	gen_fill(&t, 1, 160, 10);
	other.seq = t.seq;
	other.ssrc = from == CALLER ? t.ssrc : other.ssrc;
	for (unsigned i = 1; i <= 10; i++) {
		other.at_ms = 200 + i * 1000;
		other.pt = pt;
		if (rtcp)
			gen_udp(from, other.at_ms, stage_port(CALLER) + 1, receiver_report,
				sizeof(receiver_report));
		else
			gen_fill(&other, 1, 20, 1);
	}
}

static void ck_alive(uint8_t direction)
{
	begin(direction);
	stage_until(13000);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 0);
	stage_until(14500);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	stage_end();
}

START_TEST(reports_are_life)
{
	gen_begin("alive_reports");
	gen_pulse(CALLER, true, 0);
	ck_alive(GATE_SEND | GATE_RECV);
}
END_TEST

START_TEST(other_types_are_life)
{
	gen_begin("alive_noise");
	gen_pulse(CALLER, false, 13);
	ck_alive(GATE_SEND | GATE_RECV);
}
END_TEST

START_TEST(an_unknown_type_is_life)
{
	gen_begin("alive_unknown");
	gen_pulse(CALLER, false, 126);
	ck_alive(GATE_RECV);
}
END_TEST

START_TEST(sound_is_life_where_none_is_heard)
{
	gen_begin("alive_held");
	gen_pulse(CALLER, false, 0);
	ck_alive(0);
}
END_TEST

START_TEST(reports_are_life_where_none_is_heard)
{
	gen_begin("alive_held_reports");
	gen_pulse(CALLER, true, 0);
	ck_alive(GATE_SEND);
}
END_TEST

START_TEST(a_stranger_is_none)
{
	gen_begin("alive_stranger");
	gen_pulse(STRANGER, false, 13);
	begin(GATE_SEND | GATE_RECV);
	stage_until(5000);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	stage_until(11000);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	stage_end();
}
END_TEST

START_TEST(life_again_and_a_new_direction)
{
	gen_begin("alive_again");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 10);
	gen_udp(CALLER, 8000, stage_port(CALLER) + 1, receiver_report, sizeof(receiver_report));
	begin(0);
	stage_until(5000);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	unsigned found = told(GATE_RTP_FOUND, CALLER);
	stage_until(8500);
	ck_assert_uint_eq(told(GATE_RTP_FOUND, CALLER), found + 1);
	stage_until(13000);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 2);
	struct gate_remote r = stage_remote(CALLER); // resumes and says nothing
	r.rtp_timeout_s = TIMEOUT_S;
	stage_set_remote(CALLER, &r);
	stage_until(15500);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 2);
	stage_until(17500);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 3);
	stage_end();
}
END_TEST

START_TEST(other_settings_in_the_same_direction)
{
	gen_begin("alive_settings");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 10);
	begin(0);
	stage_until(5000);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	struct gate_remote r = stage_remote(CALLER); // on hold still
	r.rtp_timeout_s = TIMEOUT_S;
	r.direction = 0;
	r.ptime_ms = 30;
	stage_set_remote(CALLER, &r);
	stage_until(7500);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 1);
	stage_until(9500);
	ck_assert_uint_eq(told(GATE_RTP_LOST, CALLER), 2);
	stage_end();
}
END_TEST

PATH_MAIN("alive", reports_are_life, other_types_are_life, an_unknown_type_is_life,
	sound_is_life_where_none_is_heard, reports_are_life_where_none_is_heard, a_stranger_is_none,
	life_again_and_a_new_direction, other_settings_in_the_same_direction)
