// A stream that changes under way: another codec by a re-INVITE, in a conversation, under a prompt
// and before a digit; numbers and timestamps that jump. No gap is longer than one frame.
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"

#define CHANGE_MS 1000
#define END_MS	  2000

static void change(enum far far, enum codec_id codec)
{
	struct gate_remote r = stage_remote(far);

	r.codec = codec;
	r.pt = codec == CODEC_PCMA ? 8 : 0;
	stage_set_remote(far, &r);
}

// Both talk; the caller's sound is 0x10 in its law, the agent's 0x20. old: packets of the type
// before that still come after the change.
static void gen_talk(bool to_alaw, unsigned old)
{
	struct talker c = gen_talker(CALLER, 10), a = gen_talker(AGENT, 15);

	c.pt = to_alaw ? 0 : 8;
	while (c.at_ms < END_MS) {
		if (c.at_ms >= CHANGE_MS + 20 * old)
			c.pt = to_alaw ? 8 : 0;
		gen_fill(&c, 0x10, 160, 1);
		gen_fill(&a, 0x20, 160, 1);
	}
}

static uint8_t converted(uint8_t byte, bool from_alaw)
{
	uint8_t out;

	if (from_alaw)
		g711_alaw_to_ulaw(&out, &byte, 1);
	else
		g711_ulaw_to_alaw(&out, &byte, 1);
	return out;
}

static void expect_no_gap(enum far far, unsigned frames)
{
	for (unsigned i = 1; i < heard_count(far); i++) {
		const struct heard *h = heard_rtp(far, i), *prior = heard_rtp(far, i - 1);
		uint32_t step = (h->rtp.ts - prior->rtp.ts) / 160;
		ck_assert_uint_le(h->at_ns - prior->at_ns, (20 * (1 + frames) + 1) * MS);
		ck_assert_uint_ge(step, 1);
		ck_assert_uint_le(step, 1 + frames);
		ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
	}
}

static void conversation(bool to_alaw, unsigned old)
{
	gen_begin("codec");
	gen_talk(to_alaw, old);
	stage_begin_two(NULL, NULL);
	change(CALLER, to_alaw ? CODEC_PCMU : CODEC_PCMA);
	stage_bridge();
	stage_until(CHANGE_MS);
	change(CALLER, to_alaw ? CODEC_PCMA : CODEC_PCMU);
	stage_until(END_MS + 50);
	stage_end();
	expect_no_gap(AGENT, old);
	expect_no_gap(CALLER, 0);
	ck_assert_uint_ge(heard_count(AGENT), 99 - old);
	ck_assert_uint_ge(heard_count(CALLER), 99);
	ck_assert_uint_eq(stage_dropped(DROP_RTP_TYPE), old);
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		bool alaw = (h->at_ns >= CHANGE_MS * MS) == to_alaw;
		ck_assert_uint_eq(h->rtp.pt, 0);
		ck_assert_uint_eq(h->rtp.payload[80], alaw ? converted(0x10, true) : 0x10);
	}
	for (unsigned i = 0; i < heard_count(CALLER); i++) {
		const struct heard *h = heard_rtp(CALLER, i);
		bool alaw = (h->at_ns >= CHANGE_MS * MS) == to_alaw;
		ck_assert_uint_eq(h->rtp.pt, alaw ? 8 : 0);
		ck_assert_uint_eq(h->rtp.payload[80], alaw ? converted(0x20, false) : 0x20);
	}
}

START_TEST(pcmu_becomes_pcma)
{
	conversation(true, 0);
}
END_TEST

START_TEST(pcma_becomes_pcmu)
{
	conversation(false, 0);
}
END_TEST

START_TEST(one_packet_of_the_old_codec_is_one_frame)
{
	conversation(true, 1);
}
END_TEST

START_TEST(a_prompt_goes_on_in_the_new_codec)
{
	gen_begin("prompt");
	stage_begin_two(NULL, NULL);
	stage_play(CALLER, 1, PLAY_LOOP);
	stage_until(CHANGE_MS);
	change(CALLER, CODEC_PCMA);
	stage_until(END_MS);
	stage_end();
	expect_no_gap(CALLER, 0);
	ck_assert_uint_ge(heard_count(CALLER), 99);
	for (unsigned i = 0; i < heard_count(CALLER); i++) {
		const struct heard *h = heard_rtp(CALLER, i);
		bool alaw = h->at_ns >= CHANGE_MS * MS;
		uint8_t want = stage_prompt_byte(1, (i * 160 + 80) % 1000);
		ck_assert_uint_eq(h->rtp.pt, alaw ? 8 : 0);
		ck_assert_uint_eq(h->rtp.payload[80], alaw ? converted(want, false) : want);
	}
}
END_TEST

// All that a talker's tones were in µ-law, in A-law.
static void gen_alaw_digit(struct talker *t, char digit)
{
	struct dtmf_tx tone;

	ck_assert_int_eq(dtmf_tx_start(&tone, digit, -9, 100, 100), 0);
	for (unsigned ms = 0; ms < 200; ms += 20) {
		int16_t samples[160] = {0};
		uint8_t payload[160];
		dtmf_tx_mix(&tone, samples, 160);
		g711_alaw_encode(payload, samples, 160);
		gen_sound(t, payload, 160);
	}
}

START_TEST(digits_before_and_after)
{
	gen_begin("digits");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 0xff, 160, 20);
	gen_digit(&t, '1', GEN_TONE, 100, 100);
	gen_fill(&t, 0xff, 160, 20); // to 1,010 ms
	t.pt = 8;
	gen_alaw_digit(&t, '2');
	gen_fill(&t, 0xd5, 160, 20);
	stage_begin_two(NULL, NULL);
	stage_collect(CALLER);
	stage_until(CHANGE_MS);
	change(CALLER, CODEC_PCMA);
	stage_until(t.at_ms + 100);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), "12");
}
END_TEST

START_TEST(numbers_and_timestamps_jump)
{
	gen_begin("jump");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 20);
	t.ts += 123456789; // a talker's new clock
	gen_fill(&t, 2, 160, 20);
	t.ts -= 23456789;
	gen_fill(&t, 3, 160, 20);
	t.seq += 20000; // one that began to count anew: its time tells it from a stray
	gen_fill(&t, 4, 160, 20);
	stage_begin_two(NULL, NULL);
	stage_bridge();
	stage_until(t.at_ms + 20);
	stage_end();
	expect_no_gap(AGENT, 1);
	ck_assert_uint_eq(heard_count(AGENT), 80);
	ck_assert_uint_eq(stage_dropped(DROP_RTP_JUMP), 0);
}
END_TEST

PATH_MAIN("change", pcmu_becomes_pcma, pcma_becomes_pcmu, one_packet_of_the_old_codec_is_one_frame,
	a_prompt_goes_on_in_the_new_codec, digits_before_and_after, numbers_and_timestamps_jump)
