// Digits: in-band, as events, both at once, and relayed.
#include "tests/path/stage.h"

#include "engine/rtp/event_rx.h"

static void type(const char *digits, unsigned how)
{
	struct talker t = gen_talker(CALLER, 10);

	gen_fill(&t, 0xff, 160, 20);
	for (; *digits; digits++)
		gen_digit(&t, *digits, how, 80, 100);
	gen_fill(&t, 0xff, 160, 20);
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_collect(CALLER);
	stage_until(t.at_ms + 100);
	stage_end();
}

START_TEST(tones_are_told)
{
	gen_begin("tones");
	type("1123*#D0", GEN_TONE);
	ck_assert_str_eq(told_digits(CALLER), "1123*#D0");
}
END_TEST

START_TEST(events_are_told)
{
	gen_begin("events");
	type("44A9", GEN_EVENT);
	ck_assert_str_eq(told_digits(CALLER), "44A9");
}
END_TEST

START_TEST(tone_and_event_are_told_once)
{
	gen_begin("both");
	type("0011229", GEN_TONE | GEN_EVENT);
	ck_assert_str_eq(told_digits(CALLER), "0011229");
}
END_TEST

START_TEST(digit_barges_into_the_prompt)
{
	gen_begin("barge");
	struct talker t = gen_talker(CALLER, 200);
	gen_fill(&t, 0xff, 160, 10);
	gen_digit(&t, '7', GEN_TONE, 100, 100);
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_collect(CALLER);
	stage_play(CALLER, 1, PLAY_LOOP | PLAY_BARGE);
	stage_until(700);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), "7");
	ck_assert_uint_eq(told(GATE_PLAYED, CALLER), 1);
	const struct heard *h = heard_rtp(CALLER, heard_count(CALLER) - 1);
	ck_assert_uint_eq(h->rtp.payload[0], 0xff);
}
END_TEST

// Digits that a far end got as events of this type.
static void expect_sent(enum far far, uint8_t pt, const char *digits)
{
	struct event_rx rx = {0};
	struct event_packet e;
	char seen[8] = {0};
	unsigned n = 0;

	for (unsigned i = 0; i < heard_count(far); i++) {
		const struct heard *h = heard_rtp(far, i);
		if (h->rtp.pt != pt)
			continue;
		ck_assert_int_eq(event_parse(h->rtp.payload, h->rtp.len, &e), 0);
		if (event_rx_take(&rx, &e, &h->rtp, (uint32_t)(h->at_ns / MS)) == EVENT_BEGUN)
			seen[n++] = event_digit(e.code);
	}
	ck_assert_str_eq(seen, digits);
}

START_TEST(events_are_relayed_under_the_far_ends_type)
{
	struct event_packet e;
	unsigned ends = 0;

	gen_begin("relay-events");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 0x20, 160, 10);
	gen_digit(&t, '5', GEN_EVENT, 80, 100);
	gen_digit(&t, '5', GEN_EVENT, 80, 100);
	gen_digit(&t, '8', GEN_EVENT, 80, 100);
	struct gate_remote agent = stage_remote(AGENT);
	agent.event_pt = 96;
	stage_begin_two(NULL, &agent);
	stage_bridge();
	stage_until(t.at_ms + 100);
	stage_end();
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		if (i > 0)
			ck_assert_uint_eq(
				h->rtp.seq, (uint16_t)(heard_rtp(AGENT, i - 1)->rtp.seq + 1));
		if (h->rtp.pt != 96)
			continue;
		ck_assert_int_eq(event_parse(h->rtp.payload, h->rtp.len, &e), 0);
		ends += e.end;
	}
	expect_sent(AGENT, 96, "558");
	ck_assert_uint_eq(ends, 9);
}
END_TEST

START_TEST(digits_are_sent)
{
	struct gate_msg m = {.digits = {.digits = "90#"}};

	gen_begin("send");
	stage_begin();
	struct gate_remote r = stage_remote(AGENT);
	stage_set_remote(AGENT, &r);
	stage_command(AGENT, GATE_SEND_DIGITS, &m);
	stage_until(800);
	stage_end();
	expect_sent(AGENT, 101, "90#");
}
END_TEST

// We offered 101 and 8, the answer has 96 and 97: we send with its numbers, it with ours. Some
// send with their own.
START_TEST(each_side_has_numbers_of_its_own)
{
	struct gate_msg m = {.digits = {.digits = "42"}};

	gen_begin("numbers");
	struct talker t = gen_talker(CALLER, 10);
	t.pt = 8;
	gen_fill(&t, 0xd5, 160, 10);
	gen_digit(&t, '1', GEN_EVENT, 80, 100);
	gen_digit(&t, '2', GEN_EVENT, 80, 100);
	t.pt = 97;
	t.event_pt = 96;
	gen_digit(&t, '3', GEN_EVENT, 80, 100);
	t.pt = 0;
	gen_fill(&t, 0xd5, 160, 10); // nobody's
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	r.codec = CODEC_PCMA;
	r.pt = 97;
	r.event_pt = 96;
	r.rx_pt = 8;
	r.rx_event_pt = 101;
	stage_set_remote_as(CALLER, &r, REMOTE_RX_TYPES);
	stage_collect(CALLER);
	stage_command(CALLER, GATE_SEND_DIGITS, &m);
	stage_until(t.at_ms + 100);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), "123");
	ck_assert_uint_eq(stage_dropped(DROP_RTP_TYPE), 10);
	expect_sent(CALLER, 96, "42");
	for (unsigned i = 0; i < heard_count(CALLER); i++) {
		uint8_t pt = heard_rtp(CALLER, i)->rtp.pt;
		ck_assert(pt == 96 || pt == 97);
	}
}
END_TEST

PATH_MAIN("digits", tones_are_told, events_are_told, tone_and_event_are_told_once,
	digit_barges_into_the_prompt, events_are_relayed_under_the_far_ends_type, digits_are_sent,
	each_side_has_numbers_of_its_own)
