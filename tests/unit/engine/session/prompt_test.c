// Prompts and digits that are sent: the exact bytes, packet lengths, loops, barge-in, silence.
#include "tests/unit/engine/session/rig.h"

#include <errno.h>
#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "engine/rtp/event.h"
#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

#define FAR "10.0.0.9:4000"

static gate_session start(struct gate_remote *r)
{
	rig_start(1);
	*r = rig_remote(FAR);
	gate_session s = rig_open(0);
	ck_assert_int_eq(rig_set_remote(s, r), 0);
	rig_prompt(1, CODEC_PCMU, 1000, 3); // 125 ms: does not end with a tick
	rig_prompt(2, CODEC_PCMU, 480, 60);
	rig_prompt(3, CODEC_PCMA, 480, 9);
	rig_publish();
	return s;
}

// All sound sent, one byte behind the other; checks that the stream has no gap.
static uint32_t heard(uint8_t *out, uint32_t size, uint32_t packet_len)
{
	struct rtp_packet p, prior = {0};
	uint32_t n = 0;

	for (unsigned i = 0; rig_rtp(FAR, i, &p); i++) {
		ck_assert_uint_eq(p.len, packet_len);
		ck_assert_uint_eq(p.pt, 0);
		ck_assert_int_eq(p.marker, i == 0);
		if (i > 0) {
			ck_assert_uint_eq(p.seq, (uint16_t)(prior.seq + 1));
			ck_assert_uint_eq(p.ts, prior.ts + packet_len);
			ck_assert_uint_eq(p.ssrc, prior.ssrc);
		}
		prior = p;
		ck_assert_uint_le(n + p.len, size);
		memcpy(out + n, p.payload, p.len);
		n += p.len;
	}
	return n;
}

START_TEST(prompts_follow_each_other_byte_by_byte)
{
	static const uint8_t ptimes[] = {10, 20, 30, 40, 60};
	static uint8_t sound[16000];

	for (unsigned k = 0; k < sizeof(ptimes); k++) {
		struct gate_remote r;
		gate_session s = start(&r);
		r.ptime_ms = ptimes[k];
		rig_set_remote(s, &r);
		rig_play(s, 1, 0, 11);
		rig_play(s, 2, PLAY_APPEND, 12);
		rig_run_ms(600);
		uint32_t n = heard(sound, sizeof(sound), ptimes[k] * 8u);
		ck_assert_uint_ge(n, 600 * 8 - 60 * 8 - 160);
		for (uint32_t i = 0; i < 1000; i++)
			ck_assert_uint_eq(sound[i], rig_prompt_byte(3, i));
		for (uint32_t i = 0; i < 480; i++)
			ck_assert_uint_eq(sound[1000 + i], rig_prompt_byte(60, i));
		for (uint32_t i = 1480; i < n; i++)
			ck_assert_uint_eq(sound[i], 0xff); // silence, so that nobody hangs up
		ck_assert_uint_eq(rig_told(GATE_PLAYED), 2);
		const struct gate_msg *m = rig_event(GATE_PLAYED, 0);
		ck_assert_uint_eq(m->head.ticket, 11);
		ck_assert_int_eq(m->played.why, PLAYED_END);
		ck_assert_uint_eq(m->played.at_ms, 125);
		ck_assert_uint_eq(rig_event(GATE_PLAYED, 1)->head.ticket, 12);
		rig_stop();
	}
}
END_TEST

START_TEST(nothing_before_the_prompt)
{
	struct gate_remote r;
	struct rtp_packet p;
	gate_session s = start(&r);

	rig_run_ms(900);
	ck_assert_uint_eq(rig_rtp_count(FAR), 0);
	rig_play(s, 1, 0, 11);
	rig_run_ms(20);
	ck_assert_ptr_nonnull(rig_rtp(FAR, 0, &p));
	ck_assert_uint_eq(p.payload[0], rig_prompt_byte(3, 0));
	rig_stop();
}
END_TEST

START_TEST(silence_keeps_an_idle_far_end)
{
	struct gate_remote r;
	struct rtp_packet p;

	start(&r);
	rig_run_ms(2000);
	ck_assert_uint_ge(rig_rtp_count(FAR), 45);
	rig_rtp(FAR, 3, &p);
	ck_assert_uint_eq(p.payload[7], 0xff);
	rig_stop();
}
END_TEST

START_TEST(loop_runs_on_until_appended)
{
	static uint8_t sound[160000];
	struct gate_remote r;
	gate_session s = start(&r);

	rig_play(s, 2, PLAY_LOOP, 11);
	rig_run_ms(1000);
	uint32_t n = heard(sound, sizeof(sound), 160);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_uint_eq(sound[i], rig_prompt_byte(60, i % 480));
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 0);
	rig_play(s, 1, PLAY_APPEND, 12);
	rig_run_ms(500);
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 2);
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 0)->head.ticket, 11);
	ck_assert_int_eq(rig_event(GATE_PLAYED, 0)->played.why, PLAYED_END);
	rig_stop();
}
END_TEST

START_TEST(offset_starts_inside)
{
	static uint8_t sound[16000];
	struct gate_msg m = {.play = {.prompt = 1, .offset_ms = 25}};
	struct gate_remote r;
	gate_session s = start(&r);

	rig_command(s, GATE_PLAY, &m);
	rig_run_ms(300);
	heard(sound, sizeof(sound), 160);
	for (uint32_t i = 0; i < 800; i++)
		ck_assert_uint_eq(sound[i], rig_prompt_byte(3, i + 200));
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 0)->played.at_ms, 125);
	m = (struct gate_msg){.play = {.prompt = 1, .offset_ms = 9000}}; // past its end
	rig_command(s, GATE_PLAY, &m);
	rig_run_ms(40);
	ck_assert_int_eq(rig_event(GATE_PLAYED, 1)->played.why, PLAYED_END);
	rig_forget();
	m = (struct gate_msg){.play = {.prompt = 1, .flags = PLAY_LOOP, .offset_ms = 125 * 8 + 25}};
	rig_command(s, GATE_PLAY, &m); // music goes on where it was
	rig_run_ms(20);
	struct rtp_packet p;
	rig_rtp(FAR, 0, &p);
	ck_assert_uint_eq(p.payload[0], rig_prompt_byte(3, 200));
	rig_stop();
}
END_TEST

START_TEST(every_play_ends_once)
{
	struct gate_remote r;
	gate_session s = start(&r);
	struct gate_msg m = {0};

	rig_play(s, 1, 0, 1);
	rig_play(s, 2, PLAY_APPEND, 2);
	rig_run_ms(40);
	rig_play(s, 2, 0, 3); // instead of both
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 2);
	ck_assert_int_eq(rig_event(GATE_PLAYED, 0)->played.why, PLAYED_STOPPED);
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 0)->played.at_ms, 40);
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 1)->head.ticket, 2);
	rig_play(s, 15, PLAY_APPEND, 4); // not in the store
	rig_play(s, 2, PLAY_APPEND, 5);
	rig_run_ms(200);
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 5);
	ck_assert_int_eq(rig_event(GATE_PLAYED, 3)->played.why, PLAYED_MISSING);
	for (uint32_t i = 0; i < PLAY_QUEUE_MAX; i++)
		ck_assert_int_eq(rig_play(s, 1, PLAY_APPEND, 10 + i), 0);
	ck_assert_int_eq(rig_play(s, 1, PLAY_APPEND, 99), -ENOBUFS);
	rig_command(s, GATE_STOP, &m);
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 5 + PLAY_QUEUE_MAX);
	rig_play(s, 1, 0, 7);
	rig_close(s);
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 6 + PLAY_QUEUE_MAX);
	rig_stop();
}
END_TEST

START_TEST(digit_barges_into_what_allows_it)
{
	struct gate_remote r;
	gate_session s = start(&r);
	struct gate_msg m = {.digit = {.digit = '7', .duration_ms = 100}};

	rig_collect(s, true);
	rig_play(s, 1, 0, 1);
	rig_play(s, 2, PLAY_APPEND | PLAY_BARGE, 2);
	rig_play(s, 2, PLAY_APPEND, 3);
	rig_run_ms(20);
	rig_command(s, GATE_INFO_DIGIT, &m);
	ck_assert_str_eq(rig_digits(s), "7");
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 2);
	ck_assert_int_eq(rig_event(GATE_PLAYED, 0)->played.why, PLAYED_BARGED);
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 0)->head.ticket, 2);
	rig_run_ms(200); // the first may not be barged into: it plays on
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 2)->head.ticket, 1);
	ck_assert_int_eq(rig_event(GATE_PLAYED, 2)->played.why, PLAYED_END);
	rig_stop();
}
END_TEST

START_TEST(other_law_is_converted)
{
	struct gate_remote r;
	struct rtp_packet p;
	gate_session s = start(&r);

	r.codec = CODEC_PCMA;
	r.pt = 8;
	rig_set_remote(s, &r);
	rig_play(s, 3, 0, 1);
	rig_run_ms(20);
	rig_rtp(FAR, 0, &p);
	ck_assert_uint_eq(p.pt, 8);
	ck_assert_uint_eq(p.payload[5], rig_prompt_byte(9, 5)); // the store has it
	rig_play(s, 1, 0, 1);
	rig_run_ms(20);
	rig_rtp(FAR, 1, &p);
	uint8_t in[160], want[160];
	for (uint32_t i = 0; i < 160; i++)
		in[i] = rig_prompt_byte(3, i);
	g711_ulaw_to_alaw(want, in, 160);
	ck_assert_mem_eq(p.payload, want, 160);
	rig_stop();
}
END_TEST

START_TEST(digits_go_out_as_events)
{
	struct gate_remote r;
	struct rtp_packet p;
	struct gate_msg m = {.digits = {.digits = "1#", .on_ms = 100, .off_ms = 60}};
	struct event_rx rx = {0};
	char seen[9] = {0};
	unsigned n = 0, ends = 0;
	gate_session s = start(&r);
	uint16_t seq = 0;

	rig_play(s, 1, PLAY_LOOP, 1);
	rig_run_ms(100);
	ck_assert_int_eq(rig_command(s, GATE_SEND_DIGITS, &m), 0);
	rig_run_ms(600);
	for (unsigned i = 0; rig_rtp(FAR, i, &p); i++) {
		if (i > 0)
			ck_assert_uint_eq(p.seq, (uint16_t)(seq + 1));
		seq = p.seq;
		struct event_packet e;
		if (p.pt != 101)
			continue;
		ck_assert_int_eq(event_parse(p.payload, p.len, &e), 0);
		ends += e.end;
		if (e.end)
			ck_assert_uint_eq(e.duration, 800);
		if (event_rx_take(&rx, &e, &p, i * 20) == EVENT_BEGUN) {
			ck_assert(p.marker);
			seen[n++] = event_digit(e.code);
		}
	}
	ck_assert_str_eq(seen, "1#");
	ck_assert_uint_eq(ends, 6); // three of each
	rig_rtp(FAR, rig_rtp_count(FAR) - 1, &p);
	ck_assert_uint_eq(p.pt, 0); // and the prompt goes on
	m = (struct gate_msg){.digits = {.digits = "12x"}};
	ck_assert_int_eq(rig_command(s, GATE_SEND_DIGITS, &m), -EINVAL);
	rig_stop();
}
END_TEST

START_TEST(digits_go_out_as_tones_where_no_events_are)
{
	struct gate_remote r;
	struct rtp_packet p;
	struct gate_msg m = {.digits = {.digits = "159D", .on_ms = 80, .off_ms = 80}};
	static _Alignas(64) uint8_t mem[4096];
	struct dtmf_edge edges[DTMF_EDGES_MAX];
	char seen[9] = {0};
	unsigned n = 0;
	gate_session s = start(&r);

	r.event_pt = 0;
	rig_set_remote(s, &r);
	rig_command(s, GATE_SEND_DIGITS, &m);
	rig_run_ms(1000);
	ck_assert_uint_le(dtmf_rx_size(), sizeof(mem));
	struct dtmf_rx *rx = dtmf_rx_start(mem);
	for (unsigned i = 0; rig_rtp(FAR, i, &p); i++) {
		int16_t samples[160];
		g711_ulaw_decode(samples, p.payload, 160);
		uint32_t k = dtmf_rx_frame(rx, samples, 160, edges);
		for (uint32_t j = 0; j < k; j++) {
			if (edges[j].begin)
				seen[n++] = edges[j].digit;
		}
	}
	ck_assert_str_eq(seen, "159D");
	rig_stop();
}
END_TEST

UNIT_MAIN("prompt", prompts_follow_each_other_byte_by_byte, nothing_before_the_prompt,
	silence_keeps_an_idle_far_end, loop_runs_on_until_appended, offset_starts_inside,
	every_play_ends_once, digit_barges_into_what_allows_it, other_law_is_converted,
	digits_go_out_as_events, digits_go_out_as_tones_where_no_events_are)
