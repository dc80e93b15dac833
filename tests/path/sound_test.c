// Sound of our own: prompts byte by byte, packet lengths, hold and resume, reports.
#include "tests/path/stage.h"

#include <string.h>

#include "engine/rtp/rtcp.h"

// Checks that a far end heard one stream without a gap from packet `from` on.
static void one_stream(enum far far, unsigned from, uint32_t units)
{
	const struct heard *prior = heard_rtp(far, from), *h;

	ck_assert_ptr_nonnull(prior);
	for (unsigned i = from + 1; (h = heard_rtp(far, i)); i++) {
		ck_assert_uint_eq(h->rtp.seq, (uint16_t)(prior->rtp.seq + 1));
		ck_assert_uint_eq(h->rtp.ts, prior->rtp.ts + units);
		ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
		ck_assert(!h->rtp.marker);
		prior = h;
	}
}

static void prompt(uint8_t ptime_ms)
{
	uint32_t at = 0, len = ptime_ms * 8u;

	gen_begin("prompt");
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	r.ptime_ms = ptime_ms;
	stage_set_remote(CALLER, &r);
	stage_play(CALLER, 1, 0);
	stage_play(CALLER, 2, PLAY_APPEND);
	stage_until(1000);
	stage_end();
	const struct heard *h = heard_rtp(CALLER, 0);
	ck_assert_ptr_nonnull(h);
	ck_assert(h->rtp.marker);
	one_stream(CALLER, 0, len);
	for (unsigned i = 0; (h = heard_rtp(CALLER, i)); i++) {
		ck_assert_uint_eq(h->rtp.len, len);
		for (uint32_t k = 0; k < len; k++, at++) {
			uint8_t want = at < 1000 ? stage_prompt_byte(1, at)
				: at < 2000	 ? stage_prompt_byte(2, at - 1000)
						 : 0xff;
			ck_assert_uint_eq(h->rtp.payload[k], want);
		}
	}
	ck_assert_uint_ge(at, 7000);
	ck_assert_uint_eq(told(GATE_PLAYED, CALLER), 2);
}

START_TEST(prompt_in_packets_of_10_ms)
{
	prompt(10);
}
END_TEST

START_TEST(prompt_in_packets_of_20_ms)
{
	prompt(20);
}
END_TEST

START_TEST(prompt_in_packets_of_30_ms)
{
	prompt(30);
}
END_TEST

START_TEST(prompt_in_packets_of_40_ms)
{
	prompt(40);
}
END_TEST

START_TEST(prompt_in_packets_of_60_ms)
{
	prompt(60);
}
END_TEST

START_TEST(packets_keep_their_pace)
{
	gen_begin("pace");
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_play(CALLER, 1, PLAY_LOOP);
	stage_until(2000);
	stage_end();
	for (unsigned i = 1; i < 90; i++)
		ck_assert_uint_eq(
			heard_rtp(CALLER, i)->at_ns - heard_rtp(CALLER, i - 1)->at_ns, 20 * MS);
}
END_TEST

START_TEST(hold_is_silent_and_resume_goes_on)
{
	gen_begin("hold");
	struct talker t = gen_talker(CALLER, 0);
	gen_fill(&t, 0x20, 160, 20); // to 400 ms
	gen_fill(&t, 0x20, 160, 20); // while held, to 800 ms
	gen_fill(&t, 0x20, 160, 20); // again heard
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_play(CALLER, 1, PLAY_LOOP);
	stage_until(400);
	r.direction = 0;
	stage_set_remote(CALLER, &r);
	stage_until(800);
	r.direction = GATE_SEND | GATE_RECV;
	stage_set_remote(CALLER, &r);
	stage_until(1200);
	stage_end();
	unsigned held = 0;
	while (heard_rtp(CALLER, held)->at_ns < 410 * MS)
		held++;
	const struct heard *last = heard_rtp(CALLER, held - 1), *first = heard_rtp(CALLER, held);
	ck_assert_uint_ge(first->at_ns, 800 * MS);
	ck_assert(first->rtp.marker);
	ck_assert_uint_eq(first->rtp.seq, (uint16_t)(last->rtp.seq + 1));
	ck_assert_uint_eq(first->rtp.ssrc, last->rtp.ssrc);
	uint32_t passed = (uint32_t)((first->at_ns - last->at_ns) / 125000);
	ck_assert_uint_eq(first->rtp.ts - last->rtp.ts, passed);
	one_stream(CALLER, held, 160);
	ck_assert_uint_eq(stage_dropped(DROP_RTP_HELD), 20);
}
END_TEST

START_TEST(reports_tell_loss_and_say_bye)
{
	struct rtcp_info info;
	const struct heard *h;
	unsigned n = 0;

	gen_begin("reports");
	struct talker t = gen_talker(CALLER, 0);
	for (unsigned i = 0; i < 500; i++) {
		t.lost = i % 5 == 4;
		gen_fill(&t, 0x20, 160, 1);
	}
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_play(CALLER, 1, PLAY_LOOP);
	stage_until(10000);
	stage_end();
	while ((h = heard_rtcp(CALLER, n))) {
		ck_assert_uint_eq(h->port, 4001);
		ck_assert_int_eq(rtcp_parse(h->data, h->len, t.ssrc, &info), 0);
		ck_assert(info.sender);
		ck_assert_uint_eq(info.ssrc, heard_rtp(CALLER, 0)->rtp.ssrc);
		ck_assert(info.reported);
		n++;
	}
	ck_assert_uint_ge(n, 3); // 1 to 3 s, then 2 to 6 s apart, and the last
	ck_assert(info.bye);
	ck_assert_int_ge(info.block.lost, 95);
	ck_assert_int_le(info.block.lost, 100);
	rtcp_parse(heard_rtcp(CALLER, 0)->data, heard_rtcp(CALLER, 0)->len, t.ssrc, &info);
	ck_assert_uint_ge(info.block.fraction_lost, 256 / 5 - 6);
	ck_assert_uint_le(info.block.fraction_lost, 256 / 5 + 6);
}
END_TEST

PATH_MAIN("sound", prompt_in_packets_of_10_ms, prompt_in_packets_of_20_ms,
	prompt_in_packets_of_30_ms, prompt_in_packets_of_40_ms, prompt_in_packets_of_60_ms,
	packets_keep_their_pace, hold_is_silent_and_resume_goes_on, reports_tell_loss_and_say_bye)
