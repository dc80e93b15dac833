// Sessions: opening and closing, ports, stale handles, sources, drops, time-outs, live blocks.
#include "tests/unit/engine/session/rig.h"

#include <errno.h>
#include <string.h>

#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

#define FAR "10.0.0.9:4000"

START_TEST(open_gives_a_port_and_close_takes_it_back)
{
	rig_start(1);
	gate_session a = rig_open(0);
	const struct gate_msg *done = rig_event(GATE_DONE, 0);
	ck_assert_uint_eq(done->done.local.port, 20000);
	ck_assert(addr_same_ip(&done->done.local, &rig.config.medium[0].ip));
	struct session_table *t = rig.w[0].sessions;
	ck_assert_ptr_eq(session_find(t, 0, 20000), rig_session(a));
	ck_assert_ptr_eq(session_find(t, 0, 20001), rig_session(a));
	ck_assert_ptr_null(session_find(t, 0, 20002));
	ck_assert_ptr_null(session_find(t, 0, 19999));
	ck_assert_ptr_null(session_find(t, 0, 65535));
	ck_assert_uint_eq(session_table_count(t), 1);
	ck_assert_int_eq(rig_close(a), 0);
	ck_assert_uint_eq(rig_told(GATE_CLOSED), 1);
	ck_assert_int_eq(rig.event[rig.events - 1].head.kind, GATE_CLOSED);
	ck_assert_ptr_null(session_find(t, 0, 20000));
	ck_assert_int_eq(rig_close(a), -ESTALE);
	ck_assert_int_eq(rig_play(a, 1, 0, 5), -ESTALE);
	gate_session b = rig_open(0);
	ck_assert_uint_eq(rig_session(b)->port, 20002); // freed ports rest
	rig_stop();
}
END_TEST

START_TEST(workers_share_the_ports)
{
	rig_start(2);
	gate_session a = rig_open(0), b = rig_open(1);
	ck_assert_uint_eq(gate_session_worker(b), 1);
	ck_assert_uint_eq(rig_session(a)->port, 20000);
	ck_assert_uint_eq(rig_session(b)->port, 20060);
	ck_assert_ptr_null(session_find(rig.w[0].sessions, 0, 20060));
	ck_assert_ptr_eq(session_find(rig.w[1].sessions, 0, 20061), rig_session(b));
	rig_stop();
}
END_TEST

START_TEST(full_table_says_so)
{
	struct gate_msg m = {.open.media = 3};

	rig_start(2);
	ck_assert_int_eq(rig_command(0, GATE_OPEN, &m), -EINVAL);
	for (unsigned i = 0; i < 30; i++)
		rig_open(0);
	m = (struct gate_msg){0};
	ck_assert_int_eq(rig_command(0, GATE_OPEN, &m), -EADDRNOTAVAIL); // 30 pairs a worker
	rig_stop();
	rig_start(1);
	for (unsigned i = 0; i < RIG_SESSIONS; i++)
		rig_open(0);
	m = (struct gate_msg){0};
	ck_assert_int_eq(rig_command(0, GATE_OPEN, &m), -ENOBUFS);
	rig_stop();
}
END_TEST

START_TEST(wrong_commands_are_refused)
{
	struct gate_msg m = {0};

	rig_start(1);
	gate_session a = rig_open(0);
	struct gate_remote r = rig_remote(FAR);
	r.ptime_ms = 25;
	ck_assert_int_eq(rig_set_remote(a, &r), -EINVAL);
	r = rig_remote(FAR);
	r.codec = CODEC_COUNT;
	ck_assert_int_eq(rig_set_remote(a, &r), -EINVAL);
	r = rig_remote("[2001:db8::1]:4000");
	ck_assert_int_eq(rig_set_remote(a, &r), -EAFNOSUPPORT);
	r = rig_remote(FAR);
	r.event_pt = r.pt = 101;
	ck_assert_int_eq(rig_set_remote(a, &r), -EINVAL);
	ck_assert_int_eq(rig_command(a, 999, &m), -EINVAL);
	m.head.ticket = 0;
	m.tone.tone = 999;
	ck_assert_int_eq(rig_command(a, GATE_TONE, &m), -EINVAL);
	ck_assert_int_eq(rig_bridge(a, 0), -EINVAL);
	ck_assert_int_eq(rig_bridge(a, a + 1), -ENOENT);
	ck_assert_int_eq(rig_bridge(a, a | 9ull << 56), -EINVAL);
	ck_assert_int_eq(rig_command((uint64_t)7 << 32 | 3000000000, GATE_STOP, &m), -ESTALE);
	rig_stop();
}
END_TEST

static int give_keys(gate_session s, uint8_t direction, uint8_t suite, uint8_t bytes)
{
	struct gate_msg m = {.keys = {direction, suite, bytes, 0, {1, 2, 3}}};
	unsigned before = rig_told(GATE_DONE);
	int error = rig_command(s, GATE_KEYS, &m);

	ck_assert_uint_eq(rig_told(GATE_DONE), before + 1);
	return error;
}

START_TEST(keys_are_taken_and_no_suite_is_served)
{
	rig_start(1);
	gate_session a = rig_open(0);
	ck_assert_int_eq(give_keys(a, GATE_SEND, 0, 0), 0); // plain RTP is what there is
	ck_assert_int_eq(give_keys(a, GATE_RECV, 1, 30), -EOPNOTSUPP);
	ck_assert_int_eq(give_keys(a, GATE_SEND, 8, GATE_KEY_MAX), -EOPNOTSUPP);
	ck_assert_int_eq(give_keys(a, GATE_SEND, 1, GATE_KEY_MAX + 1), -EINVAL);
	ck_assert_int_eq(give_keys(a, GATE_SEND, 1, 0), -EINVAL);
	ck_assert_int_eq(give_keys(a, GATE_SEND, 0, 30), -EINVAL);
	ck_assert_int_eq(give_keys(a, GATE_SEND | GATE_RECV, 1, 30), -EINVAL); // one each
	ck_assert_int_eq(give_keys(a, 0, 1, 30), -EINVAL);
	ck_assert_int_eq(rig_close(a), 0);
	ck_assert_int_eq(give_keys(a, GATE_SEND, 1, 30), -ESTALE);
	rig_stop();
}
END_TEST

START_TEST(drops_have_their_reasons)
{
	uint8_t junk[4] = {0x80, 0, 1, 2}, sound[1601] = {0};

	rig_start(1);
	gate_session a = rig_open(0);
	struct rig_stream f = rig_stream(a, FAR), thief = rig_stream(a, "10.0.0.66:4000");
	ck_assert_int_eq(rig_send(&f, sound, 160), DROP_RTP_HELD); // no REMOTE yet
	struct gate_remote r = rig_remote(FAR);
	ck_assert_int_eq(rig_set_remote(a, &r), 0);
	ck_assert_int_eq(rig_send(&f, sound, 160), SESSION_DELIVERED);
	ck_assert_int_eq(rig_send(&thief, sound, 160), DROP_RTP_STRANGER);
	ck_assert_int_eq(rig_udp(a, &f.from, false, junk, 4), DROP_RTP_HEADER);
	ck_assert_int_eq(rig_udp(a, &f.from, false, junk, 0), DROP_RTP_HEADER);
	ck_assert_int_eq(rig_udp(a, &f.from, true, junk, 4), DROP_RTCP_HEADER);
	f.pt = 8;
	ck_assert_int_eq(rig_send(&f, sound, 160), DROP_RTP_TYPE);
	f.pt = 0;
	ck_assert_int_eq(rig_send(&f, sound, 0), DROP_RTP_SIZE);
	ck_assert_int_eq(rig_send(&f, sound, 1601), DROP_RTP_SIZE);
	ck_assert_int_eq(rig_send(&f, sound, 480), SESSION_DELIVERED);
	f.seq--;
	f.ts -= 480;
	ck_assert_int_eq(rig_send(&f, sound, 160), DROP_RTP_DUPLICATE);
	f.seq += 20000;
	f.ts += 1u << 30;
	ck_assert_int_eq(rig_send(&f, sound, 160), DROP_RTP_JUMP);
	f.pt = 101;
	ck_assert_int_eq(rig_send(&f, sound, 2), DROP_EVENT_HEADER);
	f.pt = 0;
	r.direction = GATE_SEND;
	rig_set_remote(a, &r);
	ck_assert_int_eq(rig_send(&f, sound, 160), DROP_RTP_HELD);
	ck_assert_uint_eq(rig_session(a)->rx_dropped, 13 - 1);
	rig_stop();
}
END_TEST

START_TEST(silence_is_told_and_ended)
{
	struct gate_remote r;

	rig_start(1);
	gate_session a = rig_open(0);
	r = rig_remote(FAR);
	r.rtp_timeout_s = 3;
	rig_set_remote(a, &r);
	struct rig_stream f = rig_stream(a, FAR);
	rig_run_ms(2000);
	rig_send_tone(&f, 0x20, 160);
	ck_assert_uint_eq(rig_told(GATE_RTP_FOUND), 1);
	rig_send_tone(&f, 0x20, 160);
	rig_run_ms(2900);
	ck_assert_uint_eq(rig_told(GATE_RTP_LOST), 0);
	rig_run_ms(10000);
	ck_assert_uint_eq(rig_told(GATE_RTP_LOST), 1); // once
	ck_assert_uint_ge(rig_event(GATE_RTP_LOST, 0)->rtp.silent_ms, 3000);
	rig_send_tone(&f, 0x20, 160);
	ck_assert_uint_eq(rig_told(GATE_RTP_FOUND), 2);
	r.direction = GATE_SEND; // hold: silence is right, and told to who knows that
	rig_set_remote(a, &r);
	rig_run_ms(10000);
	ck_assert_uint_eq(rig_told(GATE_RTP_LOST), 2);
	rig_stop();
}
END_TEST

START_TEST(live_block_tells_what_was_seen)
{
	struct gate_live live;

	rig_start(1);
	gate_session a = rig_open(0);
	struct gate_remote r = rig_remote("10.0.0.9:4444");
	rig_set_remote(a, &r);
	struct rig_stream f = rig_stream(a, FAR);
	for (unsigned i = 0; i < 100; i++) {
		if (i == 50)
			f.seq += 3;
		rig_send_tone(&f, 0x20, 160);
		rig_run_ms(20);
	}
	ck_assert(gate_live_read(rig.gate, a, &live));
	ck_assert_uint_ge(live.rx_packets, 50);
	rig_close(a);
	ck_assert(gate_live_read(rig.gate, a, &live));
	ck_assert(live.closed);
	ck_assert_uint_eq(live.rx_packets, 99); // the first from another address waits for a second
	ck_assert_uint_eq(live.rx_bytes, 99 * 160);
	ck_assert_uint_eq(live.rx_lost, 3);
	ck_assert_uint_eq(live.local.port, 20000);
	ck_assert(learn_same(&live.remote, &f.from));
	ck_assert_uint_eq(live.codec, CODEC_PCMU);
	rig_stop();
}
END_TEST

START_TEST(hold_and_resume_keep_the_stream)
{
	struct rtp_packet before, after;

	rig_start(1);
	gate_session a = rig_open(0);
	struct gate_remote r = rig_remote(FAR);
	rig_set_remote(a, &r);
	rig_prompt(1, CODEC_PCMU, 16000, 3);
	rig_publish();
	rig_play(a, 1, PLAY_LOOP, 5);
	rig_run_ms(200);
	unsigned n = rig_rtp_count(FAR);
	ck_assert_uint_eq(n, 10);
	rig_rtp(FAR, n - 1, &before);
	r.rtp = rig_addr("0.0.0.0:4000"); // hold, the old way
	ck_assert_int_eq(rig_set_remote(a, &r), 0);
	rig_run_ms(400);
	ck_assert_uint_eq(rig_rtp_count(FAR), n);
	r.rtp = rig_addr("10.0.0.9:5000"); // resumed elsewhere
	rig_set_remote(a, &r);
	rig_run_ms(200);
	ck_assert_uint_eq(rig_rtp_count(FAR), n);
	ck_assert_uint_eq(rig_rtp_count("10.0.0.9:5000"), 10);
	rig_rtp("10.0.0.9:5000", 0, &after);
	ck_assert_uint_eq(after.ssrc, before.ssrc);
	ck_assert_uint_eq(after.seq, (uint16_t)(before.seq + 1));
	ck_assert_uint_eq(after.ts - before.ts, 420 * 8);
	ck_assert(after.marker);
	ck_assert_uint_eq(after.payload[0], rig_prompt_byte(3, 1600)); // no sound is skipped
	rig_stop();
}
END_TEST

START_TEST(learnt_source_is_where_sound_goes)
{
	rig_start(1);
	gate_session a = rig_open(0);
	struct gate_remote r = rig_remote("10.0.0.9:4444");
	rig_set_remote(a, &r);
	rig_prompt(1, CODEC_PCMU, 16000, 3);
	rig_publish();
	rig_play(a, 1, PLAY_LOOP, 5);
	rig_run_ms(100);
	ck_assert_uint_eq(rig_rtp_count("10.0.0.9:4444"), 5);
	struct rig_stream f = rig_stream(a, FAR);
	rig_send_tone(&f, 0x20, 160);
	rig_send_tone(&f, 0x20, 160);
	rig_run_ms(100);
	ck_assert_uint_eq(rig_rtp_count("10.0.0.9:4444"), 5);
	ck_assert_uint_eq(rig_rtp_count(FAR), 5);
	rig_stop();
}
END_TEST

START_TEST(memory_stays_within_the_budget)
{
	const struct mix_sizes usual = mix_sizes_of(&(struct mix_sizes){0}, 50000);
	ck_assert_uint_le(session_table_bytes(50000, &usual) / 50000, 4096 + 3 * RED_ZONE);
}
END_TEST

UNIT_MAIN("session", keys_are_taken_and_no_suite_is_served,
	open_gives_a_port_and_close_takes_it_back, workers_share_the_ports, full_table_says_so,
	wrong_commands_are_refused, drops_have_their_reasons, silence_is_told_and_ended,
	live_block_tells_what_was_seen, hold_and_resume_keep_the_stream,
	learnt_source_is_where_sound_goes, memory_stays_within_the_budget)
