// The tap: sound lies at its place in its lane, what has no place is told apart and counted, and
// the recorder hears of it once.
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/tap.h"

#define NUMBER	(5u << TAP_SLOT_BITS | 1)
#define SILENCE 0xd5

static struct tap *tap;
static struct tap_lane *lanes;
static uint8_t *sound; // of the lane that frames go to
static uint8_t payload[TAP_PAYLOAD_MAX];

static void begin(unsigned workers, uint32_t slots)
{
	const size_t bytes = 4 * (sizeof(struct tap_lane) + TAP_LANE_BYTES);
	struct tap_windows w = {.recordings = 2, .bytes = bytes};

	w.memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(w.memory, MAP_FAILED);
	w.sound = w.memory;
	w.lanes = (void *)(w.sound + 4 * TAP_LANE_BYTES);
	ck_assert_int_eq(tap_new(workers, slots, &tap), 0);
	tap_attach(tap, &w);
	lanes = w.lanes + 3; // the second recording's right side
	sound = w.sound + 3 * TAP_LANE_BYTES;
	lanes->silence = SILENCE;
	atomic_store(&lanes->number, NUMBER);
	atomic_store(&lanes->open, (uint64_t)TAP_CHUNKS << 32);
}

static struct tap_frame frame(uint64_t position)
{
	memset(payload, (int)(position / 160), sizeof(payload));
	return (struct tap_frame){.kind = TAP_SOUND,
		.side = 1,
		.bytes = TAP_PAYLOAD_MAX,
		.recording = NUMBER,
		.position = position,
		.payload = payload};
}

static bool push(uint64_t position)
{
	struct tap_frame f = frame(position);

	return tap_push(tap, 0, &f);
}

static uint64_t filled(uint32_t chunk, uint32_t samples)
{
	return (uint64_t)chunk << 32 | samples;
}

START_TEST(sound_lies_at_its_place_and_holes_are_silence)
{
	begin(1, 8);
	memset(sound, 0x11, TAP_LANE_BYTES); // of an earlier recording
	ck_assert(push(160));
	ck_assert_uint_eq(sound[0], SILENCE);
	ck_assert_uint_eq(sound[159], SILENCE);
	ck_assert_uint_eq(sound[160], 1);
	ck_assert_uint_eq(sound[319], 1);
	ck_assert_uint_eq(sound[320], 0x11);
	ck_assert_uint_eq(atomic_load(&lanes->filled[0]), filled(0, 320));
	ck_assert(push(0)); // reordered
	ck_assert_uint_eq(sound[0], 0);
	ck_assert_uint_eq(sound[160], 1);
	ck_assert_uint_eq(atomic_load(&lanes->filled[0]), filled(0, 320));
	ck_assert_uint_eq(atomic_load(&lanes->written), 2);
	ck_assert_uint_eq(atomic_load(&lanes->seen), 2);
	ck_assert_uint_eq(atomic_load(&lanes->live), 1);
	tap_free(tap);
}
END_TEST

START_TEST(a_frame_may_lie_across_two_chunks_and_the_window_turns)
{
	begin(1, 8);
	ck_assert(push(TAP_CHUNK_SAMPLES - 60));
	ck_assert_uint_eq(atomic_load(&lanes->filled[0]), filled(0, TAP_CHUNK_SAMPLES));
	ck_assert_uint_eq(atomic_load(&lanes->filled[1]), filled(1, 100));
	ck_assert_uint_eq(sound[TAP_CHUNK_SAMPLES + 99], payload[159]);
	atomic_store(&lanes->open, 4ull << 32 | 2);
	ck_assert(push(3 * TAP_CHUNK_SAMPLES - 100));
	ck_assert_uint_eq(atomic_load(&lanes->filled[0]), filled(2, TAP_CHUNK_SAMPLES));
	ck_assert_uint_eq(atomic_load(&lanes->filled[1]), filled(3, 60));
	ck_assert_uint_eq(sound[0], SILENCE);
	tap_free(tap);
}
END_TEST

START_TEST(what_has_no_place_is_late_or_asked_for_once)
{
	struct tap_frame f;
	struct tap_note n;

	begin(1, 8);
	atomic_store(&lanes->open, 5ull << 32 | 3);
	ck_assert(push(3 * TAP_CHUNK_SAMPLES - 160));
	ck_assert_uint_eq(atomic_load(&lanes->late), 1);
	ck_assert(!push(5 * TAP_CHUNK_SAMPLES - 1));
	ck_assert(!push(5 * TAP_CHUNK_SAMPLES));
	f = frame(5ull * TAP_CHUNK_SAMPLES);
	tap_lose(tap, &f);
	ck_assert_uint_eq(atomic_load(&lanes->lost), 1);
	ck_assert_uint_eq(atomic_load(&lanes->seen), 2);
	ck_assert_uint_eq(atomic_load(&lanes->written), 0);
	ck_assert(tap_take(tap, &n));
	ck_assert_int_eq(n.kind, TAP_WANT);
	ck_assert_uint_eq(n.recording, NUMBER);
	ck_assert_uint_eq(n.chunk, 5);
	ck_assert(!tap_take(tap, &n));
	atomic_store(&lanes->open, TAP_LANE_SHUT);
	ck_assert(push(9 * TAP_CHUNK_SAMPLES));
	ck_assert_uint_eq(atomic_load(&lanes->late), 2);
	tap_free(tap);
}
END_TEST

START_TEST(another_number_or_no_windows_take_nothing)
{
	struct tap_frame f;

	begin(1, 8);
	f = frame(0);
	f.recording = 6u << TAP_SLOT_BITS | 1;
	ck_assert(!tap_push(tap, 0, &f));
	tap_lose(tap, &f);
	f.recording = 2;
	ck_assert(!tap_push(tap, 0, &f));
	ck_assert_uint_eq(atomic_load(&lanes->seen), 0);
	tap_free(tap);
	ck_assert_int_eq(tap_new(1, 8, &tap), 0);
	ck_assert(!push(0));
	tap_free(tap);
}
END_TEST

// A thousand calls end in one tick and the notes have room for eight: the lanes tell.
START_TEST(an_end_is_seen_though_its_note_finds_no_room)
{
	struct tap_frame end = {.kind = TAP_END, .side = 1, .recording = NUMBER};
	struct tap_note n;
	unsigned notes = 0;

	begin(1, 8);
	ck_assert(push(0));
	for (unsigned i = 0; i < 1000; i++) {
		atomic_store(&lanes->live, 1);
		ck_assert(tap_push(tap, 0, &end));
		ck_assert_uint_eq(atomic_load(&lanes->live), 0);
	}
	ck_assert_uint_eq(tap_fill_permille(tap), 1000);
	for (; tap_take(tap, &n); notes++)
		ck_assert_int_eq(n.kind, TAP_END);
	ck_assert_uint_eq(notes, 8);
	ck_assert_uint_eq(atomic_load(&lanes->written), 1);
	tap_free(tap);
}
END_TEST

START_TEST(workers_are_taken_in_turn)
{
	struct tap_frame end = {.kind = TAP_END, .side = 1, .recording = NUMBER};
	struct tap_note n;

	begin(3, 16);
	for (unsigned i = 0; i < 12; i++) {
		end.side = 1;
		end.writer = (uint8_t)(i / 4);
		ck_assert(tap_push(tap, i / 4, &end));
	}
	for (unsigned i = 0; i < 12; i++)
		ck_assert(tap_take(tap, &n));
	ck_assert(!tap_take(tap, &n));
	tap_free(tap);
}
END_TEST

START_TEST(a_sleeping_recorder_is_woken_once)
{
	struct ring_wake *wake;

	begin(2, 16);
	wake = tap_recorder_wake(tap);
	tap_wake(tap); // nobody sleeps
	ck_assert_uint_eq(atomic_load(&wake->writes), 0);
	ring_wake_arm(wake);
	tap_wake(tap);
	tap_wake(tap);
	ck_assert_uint_eq(atomic_load(&wake->writes), 1);
	ring_wake_drain(wake);
	tap_free(tap);
}
END_TEST

// Over the end of the ring and of its chunks, piece by piece.
START_TEST(sound_is_moved_back)
{
	static uint8_t want[TAP_LANE_BYTES];
	const uint32_t from = TAP_CHUNK_SAMPLES - 500;

	for (uint32_t by = 1; by < 1000; by += 37) {
		begin(1, 8);
		for (uint32_t at = from; at < from + 1600; at += 160)
			ck_assert(push(at));
		memcpy(want, sound, sizeof(want));
		memset(want + from - by, SILENCE, 1600 + by);
		memcpy(want + from - by, sound + from, 1600);
		struct tap_frame f = {.kind = TAP_MOVE,
			.side = 1,
			.recording = NUMBER,
			.position = from,
			.bytes = 1600,
			.by = by};
		ck_assert(tap_push(tap, 0, &f));
		ck_assert_mem_eq(sound, want, sizeof(want));
		ck_assert_uint_eq(atomic_load(&lanes->filled[0]), filled(0, TAP_CHUNK_SAMPLES));
		ck_assert_uint_eq(atomic_load(&lanes->written), 10);
		tap_free(tap);
	}
}
END_TEST

// What was closed stays as it is, whatever is moved behind it.
START_TEST(nothing_is_moved_into_a_closed_chunk)
{
	begin(1, 8);
	ck_assert(push(0));
	ck_assert(push(TAP_CHUNK_SAMPLES));
	ck_assert(push(TAP_CHUNK_SAMPLES + 160));
	atomic_store(&lanes->open, (uint64_t)(TAP_CHUNKS + 1) << 32 | 1);
	struct tap_frame f = {.kind = TAP_MOVE,
		.side = 1,
		.recording = NUMBER,
		.position = TAP_CHUNK_SAMPLES,
		.bytes = 320,
		.by = 160};
	uint8_t second = sound[TAP_CHUNK_SAMPLES + 160];
	ck_assert(tap_push(tap, 0, &f));
	ck_assert_uint_eq(sound[TAP_CHUNK_SAMPLES - 1], 0);
	ck_assert_uint_eq(sound[TAP_CHUNK_SAMPLES], second);
	ck_assert_uint_eq(sound[TAP_CHUNK_SAMPLES + 160], SILENCE);
	tap_free(tap);
}
END_TEST

// A side that was refused while the disk was behind: what lies in its place is another's.
START_TEST(what_was_not_laid_is_not_moved)
{
	begin(1, 8);
	memset(sound, 0x11, TAP_LANE_BYTES); // of an earlier recording
	ck_assert(push(TAP_CHUNK_SAMPLES - 320));
	struct tap_frame f = {.kind = TAP_MOVE,
		.side = 1,
		.recording = NUMBER,
		.position = TAP_CHUNK_SAMPLES - 320,
		.bytes = 960,
		.by = 400};
	ck_assert(tap_push(tap, 0, &f));
	ck_assert_uint_eq(sound[TAP_CHUNK_SAMPLES - 720], (TAP_CHUNK_SAMPLES - 320) / 160 % 256);
	for (uint32_t at = TAP_CHUNK_SAMPLES - 560; at < TAP_CHUNK_SAMPLES - 160; at++)
		ck_assert_uint_eq(sound[at], SILENCE);
	ck_assert_uint_eq(atomic_load(&lanes->filled[0]), filled(0, TAP_CHUNK_SAMPLES - 160));
	ck_assert_uint_eq(atomic_load(&lanes->filled[1]), 0);
	tap_free(tap);
}
END_TEST

static struct tap_frame said(uint64_t position, uint8_t byte, bool first)
{
	struct tap_frame f = frame(position);

	memset(payload, byte, sizeof(payload));
	f.first = first;
	return f;
}

static void lay(uint64_t position, uint8_t byte, bool first)
{
	struct tap_frame f = said(position, byte, first);

	ck_assert(tap_push(tap, 0, &f));
}

static void end(void)
{
	struct tap_frame f = {.kind = TAP_END, .side = 1, .recording = NUMBER};

	ck_assert(tap_push(tap, 0, &f));
}

START_TEST(sessions_of_one_side_are_added)
{
	struct tap_note n;

	begin(1, 8);
	lay(0, 0x35, true);
	lay(80, 0x35, true); // over half of it
	ck_assert(tap_is_shared(tap, NUMBER, 1));
	ck_assert_uint_eq(sound[79], 0x35);
	ck_assert_uint_eq(sound[80], 0x25); // A-law: twice as much is the next segment
	ck_assert_uint_eq(sound[160], 0x35);
	lay(240, 0xb5, false); // the first one again: less as much
	lay(160, SILENCE, false);
	ck_assert_uint_eq(sound[239], 0x35);
	ck_assert_uint_eq(sound[240], 0xb5);
	lay(400, 0x2a, false);
	lay(400, 0x2a, false); // the loudest there is stays that
	ck_assert_uint_eq(sound[400], 0x2a);
	end();
	ck_assert(!tap_take(tap, &n)); // one of them
	ck_assert_uint_eq(atomic_load(&lanes->live), 1);
	lay(240, 0x35, false); // the other one was late
	ck_assert_uint_ne(sound[240], 0x35);
	end();
	ck_assert(tap_take(tap, &n));
	ck_assert_int_eq(n.kind, TAP_END);
	ck_assert_uint_eq(atomic_load(&lanes->live), 0);
	tap_free(tap);
}
END_TEST

START_TEST(nothing_is_moved_where_several_are)
{
	struct tap_frame move = {.kind = TAP_MOVE,
		.side = 1,
		.recording = NUMBER,
		.position = 320,
		.bytes = 160,
		.by = 160};

	begin(1, 8);
	lay(320, 0x35, true);
	lay(320, 0x35, true);
	ck_assert(tap_push(tap, 0, &move));
	ck_assert_uint_eq(sound[320], 0x25);
	tap_free(tap);
}
END_TEST

START_TEST(another_workers_sound_is_sent_to_who_lays_it)
{
	struct tap_frame f;
	struct tap_sent sent;

	begin(2, 8);
	f = said(160, 0x35, true);
	ck_assert(tap_push(tap, 1, &f)); // its writer is the worker 0
	ck_assert_uint_eq(atomic_load(&lanes->seen), 0);
	ck_assert(!tap_sent(tap, 1, &sent));
	memset(payload, 0, sizeof(payload)); // by value
	ck_assert(tap_sent(tap, 0, &sent));
	ck_assert(tap_push(tap, 0, &sent.f));
	ck_assert_uint_eq(sound[160], 0x35);
	ck_assert_uint_eq(atomic_load(&lanes->seen), 1);
	ck_assert(!tap_sent(tap, 0, &sent));
	f.writer = 2; // there is none
	ck_assert(!tap_push(tap, 1, &f));
	f.writer = 0;
	unsigned room = 0;
	while (tap_push(tap, 1, &f))
		room++;
	ck_assert_uint_ge(room, 512);
	tap_free(tap);
}
END_TEST

UNIT_MAIN("tap", sessions_of_one_side_are_added, nothing_is_moved_where_several_are,
	another_workers_sound_is_sent_to_who_lays_it, sound_is_moved_back,
	nothing_is_moved_into_a_closed_chunk, what_was_not_laid_is_not_moved,
	sound_lies_at_its_place_and_holes_are_silence,
	a_frame_may_lie_across_two_chunks_and_the_window_turns,
	what_has_no_place_is_late_or_asked_for_once, another_number_or_no_windows_take_nothing,
	an_end_is_seen_though_its_note_finds_no_room, workers_are_taken_in_turn,
	a_sleeping_recorder_is_woken_once)
