// Two legs: relay, laws, changes of source, on one worker and across two.
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/g711.h"

START_TEST(relay_is_byte_by_byte_and_at_once)
{
	gen_begin("relay");
	struct talker t = gen_talker(CALLER, 10);
	for (unsigned i = 0; i < 100; i++)
		gen_fill(&t, (uint8_t)(i + 1), 160, 1);
	stage_begin_two(NULL, NULL);
	stage_bridge();
	stage_until(2100);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 100);
	ck_assert_uint_eq(heard_count(CALLER), 0);
	for (unsigned i = 0; i < 100; i++) {
		const struct heard *h = heard_rtp(AGENT, i),
				   *prior = heard_rtp(AGENT, i ? i - 1 : 0);
		ck_assert_uint_eq(h->rtp.len, 160);
		ck_assert_uint_eq(h->rtp.payload[0], i + 1);
		ck_assert_uint_eq(h->rtp.payload[159], i + 1);
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), i > 0);
		ck_assert_uint_eq(h->rtp.ts - prior->rtp.ts, i > 0 ? 160 : 0);
		// No tick is waited for; the first waits for the far end's link address.
		ck_assert_uint_lt(h->at_ns - (10 + i * 20) * MS, MS);
	}
}
END_TEST

START_TEST(gaps_and_disorder_pass_through)
{
	gen_begin("disorder");
	struct talker t = gen_talker(CALLER, 10), late;
	gen_fill(&t, 1, 160, 10);
	late = t; // the 11th comes after the 12th, the 14th never
	t.seq++;
	t.ts += 160;
	gen_fill(&t, 3, 160, 1);
	late.at_ms = t.at_ms;
	gen_fill(&late, 2, 160, 1);
	t.at_ms += 20;
	gen_fill(&t, 4, 160, 1);
	t.lost = true;
	gen_fill(&t, 0, 160, 1);
	gen_fill(&t, 5, 160, 10);
	stage_begin_two(NULL, NULL);
	stage_bridge();
	stage_until(1000);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 23);
	uint16_t base = heard_rtp(AGENT, 0)->rtp.seq;
	uint32_t base_ts = heard_rtp(AGENT, 0)->rtp.ts;
	static const struct {
		unsigned at, seq;
	} want[] = {{9, 9}, {10, 11}, {11, 10}, {12, 12}, {13, 14}, {22, 23}};
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct heard *h = heard_rtp(AGENT, want[i].at);
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - base), want[i].seq);
		ck_assert_uint_eq(h->rtp.ts - base_ts, want[i].seq * 160);
	}
}
END_TEST

START_TEST(prompt_relay_prompt_is_one_stream)
{
	gen_begin("switch");
	struct talker t = gen_talker(CALLER, 500);
	gen_fill(&t, 3, 160, 50); // to 1,500 ms
	stage_begin_two(NULL, NULL);
	stage_play(AGENT, 1, PLAY_LOOP);
	stage_until(495);
	struct gate_msg m = {0};
	stage_command(AGENT, GATE_STOP, &m);
	stage_bridge();
	stage_until(1500);
	m = (struct gate_msg){.bridge.peer = stage.session[AGENT]};
	stage_command(CALLER, GATE_UNBRIDGE, &m);
	stage_play(AGENT, 2, PLAY_LOOP);
	stage_until(2000);
	stage_end();
	unsigned markers = 0, relayed = 0;
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i),
				   *prior = heard_rtp(AGENT, i ? i - 1 : 0);
		markers += h->rtp.marker;
		relayed += h->rtp.payload[9] == 3;
		if (i == 0)
			continue;
		ck_assert_uint_eq(h->rtp.seq, (uint16_t)(prior->rtp.seq + 1));
		ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
		ck_assert_uint_ge(h->rtp.ts - prior->rtp.ts, 160);
		ck_assert_uint_le(h->rtp.ts - prior->rtp.ts, 320);
	}
	ck_assert_uint_eq(relayed, 50);
	ck_assert_uint_eq(markers, 3); // prompt, relay, prompt
}
END_TEST

START_TEST(laws_are_converted_both_ways)
{
	uint8_t sound[160], ulaw[160], alaw[160];

	for (unsigned i = 0; i < 160; i++)
		sound[i] = (uint8_t)(i * 3 + 7);
	g711_ulaw_to_alaw(alaw, sound, 160);
	g711_alaw_to_ulaw(ulaw, sound, 160);
	gen_begin("laws");
	struct talker c = gen_talker(CALLER, 10), a = gen_talker(AGENT, 10);
	a.pt = 8;
	for (unsigned i = 0; i < 10; i++) {
		gen_sound(&c, sound, 160);
		gen_sound(&a, sound, 160);
	}
	struct gate_remote agent = stage_remote(AGENT);
	agent.codec = CODEC_PCMA;
	agent.pt = 8;
	stage_begin_two(NULL, &agent);
	stage_bridge();
	stage_until(300);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 10);
	ck_assert_uint_eq(heard_count(CALLER), 10);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_uint_eq(heard_rtp(AGENT, i)->rtp.pt, 8);
		ck_assert_mem_eq(heard_rtp(AGENT, i)->rtp.payload, alaw, 160);
		ck_assert_uint_eq(heard_rtp(CALLER, i)->rtp.pt, 0);
		ck_assert_mem_eq(heard_rtp(CALLER, i)->rtp.payload, ulaw, 160);
	}
}
END_TEST

START_TEST(new_source_is_the_same_stream)
{
	gen_begin("ssrc");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 20);
	t.ssrc = 5;
	t.seq = 40000;
	t.ts = 0x80000000;
	gen_fill(&t, 2, 160, 20);
	stage_begin_two(NULL, NULL);
	stage_bridge();
	stage_until(1000);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 40);
	for (unsigned i = 1; i < 40; i++) {
		const struct heard *h = heard_rtp(AGENT, i), *prior = heard_rtp(AGENT, i - 1);
		ck_assert_uint_eq(h->rtp.seq, (uint16_t)(prior->rtp.seq + 1));
		ck_assert_uint_eq(h->rtp.ts, prior->rtp.ts + 160);
		ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
		ck_assert_int_eq(h->rtp.marker, i == 20);
	}
}
END_TEST

PATH_MAIN("bridge", relay_is_byte_by_byte_and_at_once, gaps_and_disorder_pass_through,
	prompt_relay_prompt_is_one_stream, laws_are_converted_both_ways,
	new_source_is_the_same_stream)
