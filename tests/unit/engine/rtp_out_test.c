// The stream sent: continuous through changes of what feeds it.
#include "tests/unit/unit.h"

#include "engine/rtp/rtp_out.h"

#define MS 1000000ull

static struct rtp_packet relay(
	struct rtp_out *o, uint32_t line, uint16_t seq, uint32_t ts, uint64_t now_ns)
{
	struct rtp_packet in = {.line = line, .ts = ts, .seq = seq};
	struct rtp_packet out = {0};

	ck_assert(rtp_out_relay(o, &in, 160, now_ns, &out));
	return out;
}

static struct rtp_packet tick(struct rtp_out *o, uint64_t now_ns)
{
	struct rtp_packet out = {0};

	rtp_out_clock(o, 160, now_ns, &out);
	return out;
}

START_TEST(clock_relay_clock_is_one_stream)
{
	struct rtp_out o;
	struct rtp_packet p;

	rtp_out_init(&o, 0xfffffff012345678);
	struct rtp_packet first = tick(&o, 5000 * MS);
	ck_assert(first.marker);
	for (unsigned i = 1; i < 10; i++) {
		p = tick(&o, (5000 + i * 20) * MS);
		ck_assert_uint_eq(p.seq, (uint16_t)(first.seq + i));
		ck_assert_uint_eq(p.ts, first.ts + i * 160);
		ck_assert(!p.marker);
	}
	for (unsigned i = 0; i < 10; i++) {
		p = relay(&o, 99, (uint16_t)(65530 + i), 777 + i * 160, (5187 + i * 20) * MS);
		ck_assert_uint_eq(p.seq, (uint16_t)(first.seq + 10 + i));
		ck_assert_uint_eq(p.ts, first.ts + (10 + i) * 160);
		ck_assert_uint_eq(p.ssrc, first.ssrc);
		ck_assert_int_eq(p.marker, i == 0);
	}
	p = tick(&o, 5400 * MS);
	ck_assert(p.marker);
	ck_assert_uint_eq(p.seq, (uint16_t)(first.seq + 20));
	ck_assert_uint_eq(p.ts, first.ts + 20 * 160);
	rtp_out_pause(&o);
	p = tick(&o, 9400 * MS); // 4 s of hold: time has passed, no number is missing
	ck_assert(p.marker);
	ck_assert_uint_eq(p.seq, (uint16_t)(first.seq + 21));
	ck_assert_uint_eq(p.ts, first.ts + 4400 * 8);
}
END_TEST

START_TEST(relay_keeps_gaps_and_order)
{
	struct rtp_out o;

	rtp_out_init(&o, 1);
	struct rtp_packet a = relay(&o, 5, 100, 1000, 1 * MS);
	struct rtp_packet c = relay(&o, 5, 102, 1320, 41 * MS);
	struct rtp_packet b = relay(&o, 5, 101, 1160, 42 * MS);
	ck_assert_uint_eq((uint16_t)(c.seq - a.seq), 2);
	ck_assert_uint_eq(c.ts - a.ts, 320);
	ck_assert_uint_eq((uint16_t)(b.seq - a.seq), 1);
	ck_assert_uint_eq(b.ts - a.ts, 160);
	// Older than the first one sent: its number belongs to another.
	struct rtp_packet in = {.line = 5, .seq = 99, .ts = 840};
	ck_assert(!rtp_out_relay(&o, &in, 160, 43 * MS, &a));
}
END_TEST

START_TEST(new_lines_and_runs_are_anchored)
{
	struct rtp_out o;

	rtp_out_init(&o, 1);
	struct rtp_packet a = relay(&o, 5, 100, 1000, 0);
	struct rtp_packet b = relay(&o, 6, 9000, 0x80000000, 20 * MS);
	ck_assert_uint_eq((uint16_t)(b.seq - a.seq), 1);
	ck_assert_uint_eq(b.ts - a.ts, 160);
	ck_assert(b.marker);
	struct rtp_packet c = relay(&o, 6, 30000, 0x80000000 + 160, 40 * MS); // was not heard long
	ck_assert_uint_eq((uint16_t)(c.seq - b.seq), 1);
	struct rtp_packet d = relay(&o, 7, 30001, 0x10, 60 * MS); // only the timestamp jumps
	ck_assert_uint_eq((uint16_t)(d.seq - c.seq), 1);
	ck_assert_uint_eq(d.ts - c.ts, 160);
	struct rtp_packet e = relay(&o, 7, 30002, 0x10 + 3000 * 8, 3060 * MS); // DTX, no jump
	ck_assert_uint_eq(e.ts - d.ts, 3000 * 8);
	ck_assert(!e.marker);
}
END_TEST

// Numbers that were sent come again, or are far away: ours go on, and so do timestamps.
START_TEST(a_source_that_numbers_anew_keeps_its_time)
{
	struct rtp_out o;
	struct rtp_packet out, in = {.line = 5, .seq = 80, .ts = 1160, .run = 1};

	rtp_out_init(&o, 1);
	(void)relay(&o, 5, 80, 840, 0);
	struct rtp_packet a = relay(&o, 5, 100, 1000, MS);
	for (unsigned i = 0; i < 5; i++) {
		in.seq = (uint16_t)(80 + i * 7000);
		in.run = (uint8_t)(1 + i);
		ck_assert(rtp_out_relay(&o, &in, 160, (20 + 20 * i) * MS, &out));
		ck_assert_uint_eq((uint16_t)(out.seq - a.seq), 1 + i);
		ck_assert_uint_eq(out.ts - a.ts, 160 * (1 + i));
		ck_assert(!out.marker);
		in.ts += 160;
	}
	in.seq--; // overtaken, of the run before
	in.ts -= 320;
	ck_assert(!rtp_out_relay(&o, &in, 160, 130 * MS, &out));
}
END_TEST

// Sound that a network held up keeps its distances, however late it comes.
START_TEST(a_backlog_keeps_its_timestamps)
{
	struct rtp_out o;

	rtp_out_init(&o, 1);
	struct rtp_packet a = relay(&o, 5, 100, 1000, 0);
	for (unsigned i = 1; i < 300; i++) {
		uint64_t ms = i < 150 ? 3000 : i * 20;
		struct rtp_packet p = relay(&o, 5, (uint16_t)(100 + i), 1000 + i * 160, ms * MS);
		ck_assert_uint_eq((uint16_t)(p.seq - a.seq), i);
		ck_assert_uint_eq(p.ts - a.ts, i * 160);
		ck_assert(!p.marker);
	}
}
END_TEST

// Two peers may have the same line by chance.
START_TEST(another_feeder_is_anchored)
{
	struct rtp_out o;

	rtp_out_init(&o, 1);
	struct rtp_packet a = relay(&o, 5, 100, 1000, 0);
	rtp_out_refeed(&o);
	struct rtp_packet b = relay(&o, 5, 50, 77, 20 * MS);
	ck_assert_uint_eq((uint16_t)(b.seq - a.seq), 1);
	ck_assert_uint_eq(b.ts - a.ts, 160);
	ck_assert(b.marker);
	struct rtp_packet c = tick(&o, 40 * MS);
	rtp_out_refeed(&o); // what is our own goes on
	struct rtp_packet d = tick(&o, 60 * MS);
	ck_assert(c.marker && !d.marker);
}
END_TEST

START_TEST(long_relay_passes_the_wrap)
{
	struct rtp_out o;

	rtp_out_init(&o, 1);
	struct rtp_packet a = relay(&o, 5, 0, 0, 0);
	for (uint32_t i = 1; i < 140000; i++) {
		struct rtp_packet p = relay(&o, 5, (uint16_t)i, i * 160, i * 20 * MS);
		if (p.seq != (uint16_t)(a.seq + i) || p.marker) // quicker than Check's words
			ck_abort_msg("%u: %u, marker %d", i, p.seq, p.marker);
	}
}
END_TEST

START_TEST(relayed_event_keeps_its_timestamp)
{
	struct rtp_out o;
	struct rtp_packet p;
	struct rtp_packet in = {.line = 5, .seq = 101, .ts = 1160, .marker = true};

	rtp_out_init(&o, 1);
	struct rtp_packet a = relay(&o, 5, 100, 1000, 0);
	for (unsigned i = 0; i < 200; i++) { // 4 s
		in.seq = (uint16_t)(101 + i);
		in.marker = i == 0;
		ck_assert(rtp_out_relay_event(&o, &in, (20 + i * 20) * MS, &p));
		ck_assert_uint_eq(p.ts, a.ts + 160);
		ck_assert_uint_eq(p.seq, (uint16_t)(a.seq + 1 + i));
		ck_assert_int_eq(p.marker, i == 0);
	}
	p = relay(&o, 5, 301, 1160 + 4000 * 8, 4020 * MS);
	ck_assert_uint_eq(p.seq, (uint16_t)(a.seq + 201));
	ck_assert_uint_eq(p.ts, a.ts + 160 + 4000 * 8);
	ck_assert(!p.marker);
}
END_TEST

START_TEST(event_beside_the_clock_keeps_its_timestamp)
{
	struct rtp_out o;
	struct rtp_packet p;
	struct rtp_packet in = {.line = 5, .seq = 3, .ts = 44};

	rtp_out_init(&o, 1);
	struct rtp_packet a = tick(&o, 0);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert(rtp_out_relay_event(&o, &in, i * 20 * MS, &p));
		ck_assert_uint_eq(p.ts, a.ts + 160);
		ck_assert_uint_eq(p.seq, (uint16_t)(a.seq + 1 + 2 * i));
		ck_assert_int_eq(p.marker, i == 0);
		p = tick(&o, (20 + i * 20) * MS);
		ck_assert_uint_eq(p.ts, a.ts + 160 + i * 160);
		ck_assert(!p.marker);
	}
	in.ts = 4444;
	ck_assert(rtp_out_relay_event(&o, &in, 200 * MS, &p));
	ck_assert_uint_eq(p.ts, a.ts + 6 * 160);
	ck_assert(p.marker);
}
END_TEST

START_TEST(own_event_stands_between_sounds)
{
	struct rtp_out o;
	struct rtp_packet p = {0};

	rtp_out_init(&o, 1);
	struct rtp_packet a = tick(&o, 0);
	uint32_t ts = rtp_out_event_begin(&o, 20 * MS);
	ck_assert_uint_eq(ts, a.ts + 160);
	for (unsigned i = 1; i <= 5; i++) {
		rtp_out_event(&o, ts, i * 160, &p);
		ck_assert_uint_eq(p.ts, ts);
		ck_assert_uint_eq(p.seq, (uint16_t)(a.seq + i));
	}
	p = tick(&o, 120 * MS);
	ck_assert_uint_eq(p.ts, ts + 5 * 160);
	ck_assert_uint_eq(p.seq, (uint16_t)(a.seq + 6));
}
END_TEST

// A relayed call that is mixed for a while, a thousand times: whatever the places of ticks between
// packets, the stream keeps to its clock, and no change costs more than a packet.
static void alternate(uint64_t tick_ms, uint64_t packet_ms)
{
	uint64_t at = 20;
	struct rtp_out o;
	uint16_t seq = 0;

	rtp_out_init(&o, 1);
	struct rtp_packet last = tick(&o, at * MS), p;
	for (unsigned i = 0; i < UNIT_ROUNDS(1000); i++) {
		for (unsigned k = 0; k < 5; k++, at += 20, last = p) {
			p = relay(&o, 7, seq++, at * 8, (at + packet_ms) * MS);
			ck_assert_uint_le(p.ts - last.ts, 320);
			ck_assert_uint_eq((uint16_t)(p.seq - last.seq), 1);
		}
		for (unsigned k = 0, sent = 0; k < 5; k++, at += 20) {
			if (!rtp_out_clock(&o, 160, (at + tick_ms) * MS, &p)) {
				ck_assert_uint_eq(k, 0);
				continue;
			}
			ck_assert_int_eq(p.marker, sent++ == 0);
			ck_assert_uint_le(p.ts - last.ts, 320);
			ck_assert_uint_eq((uint16_t)(p.seq - last.seq), 1);
			last = p;
		}
		int32_t ahead = (int32_t)(last.ts - o.zero_ts - (uint32_t)at * 8);
		ck_assert_msg(ahead <= 640 && ahead >= -320, "%d ahead after %u", ahead, i);
	}
}

START_TEST(feeds_that_alternate_keep_to_the_clock)
{
	for (unsigned tick_ms = 0; tick_ms < 20; tick_ms += 3)
		for (unsigned packet_ms = 0; packet_ms < 20; packet_ms += 3)
			alternate(tick_ms, packet_ms);
}
END_TEST

UNIT_MAIN("rtp_out", feeds_that_alternate_keep_to_the_clock, clock_relay_clock_is_one_stream,
	relay_keeps_gaps_and_order, new_lines_and_runs_are_anchored,
	a_source_that_numbers_anew_keeps_its_time, a_backlog_keeps_its_timestamps,
	another_feeder_is_anchored, long_relay_passes_the_wrap, relayed_event_keeps_its_timestamp,
	event_beside_the_clock_keeps_its_timestamp, own_event_stands_between_sounds)
