// A recording's window by a clock of the test's own, before a disk as slow as the test wants.
#include "control/record/placing.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/crc32c.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

#define NUMBER	(1u << TAP_SLOT_BITS)
#define STEP_NS (20 * NS_PER_MS) // a frame
#define SILENCE 0xff
#define CHUNKS	10u

static struct {
	char dir[64];
	struct mapping mapping;
	struct tap *tap;
	struct placing place;
	uint64_t now_ns;
	uint64_t slow_ns, usual_ns;  // what a write takes: one of them, all others
	uint32_t slow_chunk;	     // which one is slow
	uint64_t done_ns;	     // of the write under way, 0: none
	uint8_t buffer[CHUNK_BYTES]; // that it is of
	uint8_t file[CHUNKS * CHUNK_BYTES];
	uint32_t crc, crc_next;
	unsigned lost[2], closed;
} t;

static void begin(void)
{
	char error[512];

	memset(&t, 0, sizeof(t));
	folder_new(t.dir);
	ck_assert_int_eq(tap_new(1, 64, &t.tap), 0);
	ck_assert_int_eq(mapping_make(&t.mapping, t.dir, 1, error), 0);
	mapping_give(&t.mapping, t.tap);
	t.mapping.recordings[0].number = NUMBER;
	t.usual_ns = 5 * NS_PER_MS;
	t.slow_chunk = UINT32_MAX;
	placing_open_lanes(&t.mapping, 0, SILENCE);
	placing_init(&t.place, &t.mapping, 0, SILENCE);
}

static void end(void)
{
	mapping_close(&t.mapping, false);
	tap_free(t.tap);
	folder_remove(t.dir);
}

static void disk(void)
{
	struct placing *p = &t.place;
	uint32_t chunk = p->in_file;

	if (t.done_ns && t.now_ns >= t.done_ns) {
		memcpy(t.file + chunk * CHUNK_BYTES, t.buffer, CHUNK_BYTES);
		t.crc = t.crc_next;
		t.done_ns = 0;
		placing_in_file(p, t.crc);
		chunk = p->in_file;
	}
	if (t.done_ns || chunk >= p->data_to)
		return;
	t.crc_next = placing_interleave(p, chunk, t.buffer, placing_chunk_samples(p, chunk), t.crc);
	t.done_ns = t.now_ns + (chunk == t.slow_chunk ? t.slow_ns : t.usual_ns);
}

// Both sides speak until `until_ns`, but for the sides that are silent then.
static void speak(uint64_t until_ns, unsigned sides)
{
	for (; t.now_ns < until_ns; t.now_ns += STEP_NS) {
		uint64_t position = t.now_ns / STEP_NS * SOUND_FRAME;
		struct tap_frame f;

		for (unsigned side = 0; side < sides; side++) {
			sound_frame(&f, NUMBER, side, position, 0);
			if (tap_push(t.tap, 0, &f))
				continue;
			tap_lose(t.tap, &f);
			t.lost[side]++;
		}
		if (t.now_ns % (60 * NS_PER_MS) == 0)
			t.closed += placing_turn(&t.place, t.now_ns);
		disk();
	}
}

static void finish(void)
{
	placing_close(&t.place, true);
	while (t.place.in_file < t.place.data_to) {
		t.now_ns += STEP_NS;
		disk();
	}
}

// Frames of a side that are not in the file; each is there whole or is silence.
static unsigned missing(unsigned side, uint64_t until_ns)
{
	unsigned n = 0;

	for (uint64_t at_ns = 0; at_ns < until_ns; at_ns += STEP_NS) {
		uint64_t position = at_ns / STEP_NS * SOUND_FRAME;
		struct tap_frame f;
		unsigned same = 0, silent = 0;

		sound_frame(&f, NUMBER, side, position, 0);
		for (unsigned i = 0; i < SOUND_FRAME; i++) {
			uint8_t byte = t.file[2 * (position + i) + side];

			same += byte == f.payload[i];
			silent += byte == SILENCE;
		}
		ck_assert(same == SOUND_FRAME || silent == SOUND_FRAME);
		n += same != SOUND_FRAME;
	}
	return n;
}

START_TEST(a_write_of_less_than_three_seconds_loses_nothing)
{
	begin();
	t.slow_chunk = 1;
	t.slow_ns = 2900 * NS_PER_MS;
	speak(30 * NS_PER_S, 2);
	finish();
	ck_assert_uint_eq(t.lost[0] + t.lost[1], 0);
	ck_assert_uint_eq(missing(0, 30 * NS_PER_S), 0);
	ck_assert_uint_eq(missing(1, 30 * NS_PER_S), 0);
	ck_assert_uint_eq(t.place.samples, 30 * 8000);
	ck_assert_uint_eq(t.crc, crc32c(0, t.file, 2 * t.place.samples));
	end();
}
END_TEST

START_TEST(a_slower_one_loses_what_is_counted_and_no_more)
{
	begin();
	t.slow_chunk = 1;
	t.slow_ns = 5 * NS_PER_S;
	speak(30 * NS_PER_S, 2);
	finish();
	struct recording_ledger l = mapping_ledger(&t.mapping, 0, 0);

	// The window is full 3.1 s after the write has begun.
	ck_assert_uint_gt(t.lost[0], 1800 / 20);
	ck_assert_uint_lt(t.lost[0], 2100 / 20);
	ck_assert_uint_eq(l.lost, t.lost[0]);
	ck_assert_uint_eq(l.seen, 1500);
	ck_assert_uint_eq(l.written, 1500 - l.lost);
	ck_assert_uint_eq(l.late, 0);
	ck_assert_uint_eq(missing(0, 30 * NS_PER_S), t.lost[0]);
	ck_assert_uint_eq(missing(1, 30 * NS_PER_S), t.lost[1]);
	ck_assert_uint_eq(t.crc, crc32c(0, t.file, 2 * t.place.samples));
	end();
}
END_TEST

START_TEST(one_side_alone_is_half_of_the_file)
{
	begin();
	speak(10 * NS_PER_S, 1);
	finish();
	ck_assert_uint_eq(missing(0, 10 * NS_PER_S), 0);
	ck_assert_uint_eq(missing(1, 10 * NS_PER_S), 500);
	ck_assert_uint_eq(mapping_ledger(&t.mapping, 0, 1).seen, 0);
	end();
}
END_TEST

// Chunks of which nobody speaks are not written until somebody does, and take no room.
START_TEST(sound_after_a_long_pause_finds_room_at_once)
{
	begin();
	speak(2 * NS_PER_S, 2);
	speak(20 * NS_PER_S, 0);
	ck_assert_uint_eq(t.place.in_file, 1);
	ck_assert_uint_eq(t.place.samples, CHUNK_SAMPLES); // the pause has filled its chunk
	speak(22 * NS_PER_S, 2);
	ck_assert_uint_eq(t.lost[0] + t.lost[1], 0);
	finish();
	ck_assert_uint_eq(t.place.samples, 22 * 8000);
	ck_assert_uint_eq(missing(0, 22 * NS_PER_S), 900);
	ck_assert_uint_eq(t.crc, crc32c(0, t.file, 2 * t.place.samples));
	end();
}
END_TEST

START_TEST(nothing_is_taken_once_it_is_closed)
{
	struct tap_frame f;

	begin();
	speak(1 * NS_PER_S, 2);
	finish();
	sound_frame(&f, NUMBER, 0, 8000, 0);
	ck_assert(tap_push(t.tap, 0, &f));
	ck_assert_uint_eq(mapping_ledger(&t.mapping, 0, 0).late, 1);
	ck_assert_uint_eq(t.place.samples, 8000);
	ck_assert(placing_turn_ns(&t.place) == UINT64_MAX);
	end();
}
END_TEST

// The right side's network stands still, then brings all of it at once, wherever in a chunk.
START_TEST(a_backlog_of_three_seconds_has_its_place)
{
	for (uint64_t ms = 0; ms < 4200; ms += 500) {
		uint64_t from_ns = (8000 + ms) * NS_PER_MS, to_ns = from_ns + 3 * NS_PER_S;
		struct tap_frame f;

		begin();
		speak(from_ns, 2);
		speak(to_ns, 1);
		for (uint64_t at_ns = from_ns; at_ns < to_ns; at_ns += STEP_NS) {
			sound_frame(&f, NUMBER, 1, at_ns / STEP_NS * SOUND_FRAME, 0);
			ck_assert(tap_push(t.tap, 0, &f));
		}
		speak(20 * NS_PER_S, 2);
		finish();
		ck_assert_uint_eq(t.lost[0] + t.lost[1], 0);
		ck_assert_uint_eq(missing(0, 20 * NS_PER_S), 0);
		ck_assert_uint_eq(missing(1, 20 * NS_PER_S), 0);
		ck_assert_uint_eq(t.crc, crc32c(0, t.file, 2 * t.place.samples));
		end();
	}
}
END_TEST

// A side that is silent for long holds up no chunk: the disk has its three seconds.
START_TEST(a_side_that_is_silent_is_not_waited_for)
{
	begin();
	speak(2 * NS_PER_S, 2);
	t.slow_chunk = 2;
	t.slow_ns = 2900 * NS_PER_MS;
	speak(30 * NS_PER_S, 1);
	finish();
	ck_assert_uint_eq(t.lost[0], 0);
	ck_assert_uint_eq(missing(0, 30 * NS_PER_S), 0);
	end();
}
END_TEST

// What is done once for a chunk is not done in each turn in which it is waited for.
START_TEST(a_turn_that_waits_closes_nothing)
{
	begin();
	for (uint64_t s = 0; s < 40; s += 4) { // the right side speaks a second of four
		speak((s + 2) * NS_PER_S, 1);
		speak((s + 3) * NS_PER_S, 2);
		speak((s + 4) * NS_PER_S, 1);
	}
	ck_assert_uint_eq(t.closed, t.place.closed_to);
	ck_assert_uint_eq(t.closed, (40 * NS_PER_S - PLACING_GRACE_NS) / PLACING_CHUNK_NS);
	end();
}
END_TEST

UNIT_MAIN("placing", a_turn_that_waits_closes_nothing, a_backlog_of_three_seconds_has_its_place,
	a_side_that_is_silent_is_not_waited_for, a_write_of_less_than_three_seconds_loses_nothing,
	a_slower_one_loses_what_is_counted_and_no_more, one_side_alone_is_half_of_the_file,
	sound_after_a_long_pause_finds_room_at_once, nothing_is_taken_once_it_is_closed)
