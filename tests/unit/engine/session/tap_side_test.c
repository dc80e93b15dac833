// Recording sides: where payload lies on the time line, and how a side ends.
#include "tests/unit/engine/session/rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/g711.h"
#include "engine/voice/tap_side.h"

#define FAR "10.0.0.9:4000"

static gate_session caller;
static struct rig_stream far;
static uint64_t start_ns;

static int record(bool on, uint8_t law)
{
	struct gate_msg m = {.record = {.start_ns = start_ns,
				     .recording = 77,
				     .on = on,
				     .side = SIDE_RIGHT,
				     .law = law}};

	return rig_command(caller, GATE_RECORD, &m);
}

static void start(uint8_t law)
{
	rig_start(1);
	caller = rig_open(0);
	struct gate_remote r = rig_remote(FAR);
	rig_set_remote(caller, &r);
	far = rig_stream(caller, FAR);
	start_ns = rig.now_ns;
	rig_run_ms(100);
	ck_assert_int_eq(record(true, law), 0);
}

static void say(uint8_t byte, uint32_t len, uint32_t then_ms)
{
	ck_assert_int_eq(rig_send_tone(&far, byte, len), SESSION_DELIVERED);
	rig_run_ms(then_ms);
}

START_TEST(first_packet_is_placed_by_arrival)
{
	start(CODEC_PCMU);
	for (unsigned i = 0; i < 10; i++)
		say((uint8_t)(0x20 + i), 160, i % 2 ? 5 : 35); // jitter of the network
	ck_assert_uint_eq(rig.taps, 10);
	for (unsigned i = 0; i < 10; i++) {
		const struct tap_frame *f = &rig.tap[i];
		ck_assert_int_eq(f->kind, TAP_SOUND);
		ck_assert_int_eq(f->side, SIDE_RIGHT);
		ck_assert_uint_eq(f->recording, 77);
		ck_assert_uint_eq(f->bytes, 160);
		ck_assert_uint_eq(f->position, 800 + i * 160);
		ck_assert_uint_eq(f->payload[159], 0x20 + i);
	}
	record(false, 0);
	ck_assert_int_eq(rig.tap[10].kind, TAP_END);
	say(0x20, 160, 20);
	ck_assert_uint_eq(rig.taps, 11);
	rig_stop();
}
END_TEST

START_TEST(long_packets_come_in_pieces_and_laws_are_converted)
{
	uint8_t in[400], want[400];

	start(CODEC_PCMA);
	for (unsigned i = 0; i < 400; i++)
		in[i] = (uint8_t)(i * 3);
	g711_ulaw_to_alaw(want, in, 400);
	rig_send(&far, in, 400);
	ck_assert_uint_eq(rig.taps, 3);
	ck_assert_uint_eq(rig.tap[2].bytes, 80);
	ck_assert_uint_eq(rig.tap[2].position, 800 + 320);
	ck_assert_mem_eq(rig.tap[0].payload, want, 160);
	ck_assert_mem_eq(rig.tap[2].payload, want + 320, 80);
	rig_stop();
}
END_TEST

START_TEST(silence_suppression_and_loss_leave_holes)
{
	start(CODEC_PCMU);
	say(0x20, 160, 20);
	far.ts += 1000 * 8; // a second without packets, both clocks agree
	rig_run_ms(1000);
	say(0x21, 160, 20);
	ck_assert_uint_eq(rig.tap[1].position, 800 + 160 + 8000);
	far.seq += 2;
	far.ts += 320;
	rig_run_ms(40);
	say(0x22, 160, 20);
	ck_assert_uint_eq(rig.tap[2].position, rig.tap[1].position + 480);
	rig_stop();
}
END_TEST

START_TEST(timestamp_jump_and_new_source_are_anchored)
{
	start(CODEC_PCMU);
	say(0x20, 160, 20);
	far.ts += 90000;
	say(0x21, 160, 20);
	ck_assert_uint_eq(rig.tap[1].position, 800 + 160);
	far.ssrc++;
	far.seq = 1;
	far.ts = 5;
	say(0x22, 160, 20);
	ck_assert_uint_eq(rig.tap[2].position, 800 + 320);
	far.ts -= 90000;
	say(0x23, 160, 20);
	ck_assert_uint_eq(rig.tap[3].position, 800 + 480);
	rig_stop();
}
END_TEST

START_TEST(burst_after_a_stall_is_no_drift)
{
	start(CODEC_PCMU);
	say(0x20, 160, 20);
	rig_run_ms(400); // the network stands still, then all comes at once
	for (unsigned i = 1; i <= 20; i++)
		say(0x21, 160, 0);
	for (unsigned i = 0; i <= 20; i++)
		ck_assert_uint_eq(rig.tap[i].position, 800 + i * 160);
	rig_stop();
}
END_TEST

START_TEST(lasting_drift_is_anchored)
{
	start(CODEC_PCMU);
	say(0x20, 160, 20);
	rig_run_ms(300); // 300 ms are missing for good, without a word in the timestamps
	for (unsigned i = 1; i <= 40; i++)
		say(0x21, 160, 20);
	ck_assert_uint_eq(rig.tap[10].position, 800 + 10 * 160);
	ck_assert_uint_eq(rig.tap[40].position, 800 + 40 * 160 + 300 * 8);
	rig_stop();
}
END_TEST

// The first packets of a line were held up: those that follow show it, and all lie where they
// would have lain without.
START_TEST(a_line_that_began_late_is_moved_back)
{
	start(CODEC_PCMU);
	rig_run_ms(200);
	for (unsigned i = 0; i < 10; i++)
		say((uint8_t)(0x20 + i), 160, 0);
	say(0x40, 160, 20); // in its time
	uint32_t moved = 0, last = 0;
	for (unsigned i = 0; i < rig.taps; i++) {
		moved += rig.tap[i].kind == TAP_MOVE ? rig.tap[i].by : 0;
		last = rig.tap[i].kind == TAP_SOUND ? i : last;
	}
	ck_assert_uint_eq(moved, 200 * 8);
	ck_assert_uint_eq(rig.tap[0].position - moved, 800);
	ck_assert_uint_eq(rig.tap[last].position, 800 + 10 * 160);
	rig_stop();
}
END_TEST

// What was said before the recording began is left out at its begin, and nothing is cut later.
START_TEST(a_line_that_began_before_is_cut_in_front)
{
	start(CODEC_PCMU);
	rig_run_ms(200);
	for (unsigned i = 0; i < 20; i++)
		say((uint8_t)(0x20 + i), 160, 0);
	say(0x40, 160, 20); // in its time, at 300 ms
	say(0x41, 160, 20);
	uint32_t moved = 0, last = 0;
	for (unsigned i = 0; i < rig.taps; i++) {
		moved += rig.tap[i].kind == TAP_MOVE ? rig.tap[i].by : 0;
		last = rig.tap[i].kind == TAP_SOUND ? i : last;
		if (rig.tap[i].kind == TAP_SOUND)
			ck_assert_uint_eq(rig.tap[i].bytes, 160);
	}
	ck_assert_uint_eq(moved, 400 * 8);
	ck_assert_uint_eq(rig.tap[last].position, 2400 + 160);
	rig_stop();
}
END_TEST

// A source that follows another is not laid over it.
START_TEST(a_line_is_not_moved_over_the_one_before)
{
	start(CODEC_PCMU);
	for (unsigned i = 0; i < 10; i++)
		say(0x20, 160, 20);
	far.ssrc++;
	rig_run_ms(40);
	rig_forget();
	for (unsigned i = 0; i < 8; i++) // too early by 20 ms for the room that there is
		say(0x21, 160, 0);
	uint64_t moved = 0, first = rig.tap[0].position;
	for (unsigned i = 0; i < rig.taps; i++)
		moved += rig.tap[i].kind == TAP_MOVE ? rig.tap[i].by : 0;
	ck_assert_uint_eq(first - moved, 800 + 10 * 160);
	rig_stop();
}
END_TEST

// An hour of a clock that is off: the place of each packet is right to TAP_APART_MS, by cuts and
// by silence; in a hum by a few, in pauses by smaller ones.
static void drift(int ppm, bool pauses)
{
	int64_t worst = 0, cut = 0, all = 0;

	start(CODEC_PCMU);
	uint64_t begin_ns = rig.now_ns;
	for (unsigned i = 0; i < UNIT_ROUNDS(3600) * 1000 / 60; i++) {
		rig.now_ns =
			begin_ns + i * 60ull * MS + (int64_t)i * 60 * ppm; // 1 ppm of 1 ms: 1 ns
		rig_forget();
		say(pauses && i % 80 < 20 ? 0xff : 0x20, 480, 0);
		int64_t due = (int64_t)(rig.now_ns - start_ns) / 125000;
		const struct tap_frame *last = &rig.tap[rig.taps - 1];
		int64_t off = (int64_t)(last->position + last->bytes) - due - 480;
		worst = llabs(off) > worst ? llabs(off) : worst;
		cut += 480;
		all += 480;
		for (unsigned k = 0; k < rig.taps; k++) {
			ck_assert_int_eq(rig.tap[k].kind, TAP_SOUND);
			cut -= rig.tap[k].bytes;
		}
	}
	ck_assert_int_le(worst, (TAP_APART_MS + 1) * 8);
	ck_assert_int_le(cut, ppm < 0 ? all / 4000 : 0); // 200 ppm and a little
	rig_stop();
}

START_TEST(clocks_apart_for_hours)
{
	drift(200, false);
	drift(-200, false);
	drift(200, true);
	drift(-200, true);
}
END_TEST

// Timestamps that run ahead of the clock, up to what is still one line: all of its sound is laid,
// none of it before its time.
static void runs_ahead(uint32_t step)
{
	uint64_t end = 0;

	start(CODEC_PCMU);
	for (unsigned i = 0; i < 300; i++) {
		rig_forget();
		say(0x20, 160, 20);
		far.ts += step - 160;
		uint64_t arrival = (rig.now_ns - start_ns) / 125000 - 160;
		for (unsigned k = 0; k < rig.taps; k++) {
			const struct tap_frame *f = &rig.tap[k];
			if (f->kind != TAP_SOUND)
				continue;
			ck_assert_uint_le(f->position, arrival + TAP_APART_MS * 8);
			end = f->position + f->bytes;
			ck_assert_uint_ge(f->bytes, i < 50 ? 1 : 96);
		}
		ck_assert_uint_ge(end + 2 * 160, arrival);
	}
	rig_stop();
}

START_TEST(timestamps_ahead_of_the_clock_lay_nothing_ahead)
{
	runs_ahead(176);
	runs_ahead(320);
	runs_ahead(1520);
}
END_TEST

START_TEST(events_are_no_sound)
{
	start(CODEC_PCMU);
	say(0x20, 160, 20);
	rig_send_event(&far, '5', false, 160);
	ck_assert_uint_eq(rig.taps, 1);
	rig_stop();
}
END_TEST

START_TEST(a_session_that_closes_ends_its_side)
{
	start(CODEC_PCMU);
	say(0x20, 160, 20);
	rig_close(caller);
	rig_run_ms(100);
	ck_assert_uint_eq(rig.taps, 2);
	ck_assert_int_eq(rig.tap[1].kind, TAP_END);
	ck_assert_int_eq(rig.tap[1].side, SIDE_RIGHT);
	ck_assert_uint_eq(rig.tap[1].recording, 77);
	rig_stop();
}
END_TEST

START_TEST(sound_of_before_the_start_is_cut)
{
	start(CODEC_PCMU);
	start_ns = rig.now_ns + 10 * MS; // begins in 10 ms
	record(true, CODEC_PCMU);
	rig_forget();
	say(0x20, 160, 20);
	say(0x21, 160, 20);
	ck_assert_uint_eq(rig.tap[0].position, 0);
	ck_assert_uint_eq(rig.tap[0].bytes, 80);
	ck_assert_uint_eq(rig.tap[1].position, 80);
	ck_assert_int_eq(record(true, 99), -EINVAL);
	rig_stop();
}
END_TEST

UNIT_MAIN("tap_side", first_packet_is_placed_by_arrival,
	long_packets_come_in_pieces_and_laws_are_converted,
	silence_suppression_and_loss_leave_holes, timestamp_jump_and_new_source_are_anchored,
	burst_after_a_stall_is_no_drift, lasting_drift_is_anchored,
	a_line_that_began_late_is_moved_back, a_line_that_began_before_is_cut_in_front,
	a_line_is_not_moved_over_the_one_before, clocks_apart_for_hours,
	timestamps_ahead_of_the_clock_lay_nothing_ahead, events_are_no_sound,
	a_session_that_closes_ends_its_side, sound_of_before_the_start_is_cut)
