// The tap: a full ring is told, no worker starves another, the recorder is woken once.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "engine/tap.h"

static struct tap_frame frame(uint32_t recording, uint64_t position)
{
	struct tap_frame f = {.kind = TAP_SOUND,
		.bytes = TAP_PAYLOAD_MAX,
		.recording = recording,
		.position = position};

	memset(f.payload, (int)position, sizeof(f.payload));
	return f;
}

START_TEST(a_full_ring_is_told)
{
	struct tap_frame f = frame(1, 0);
	struct tap *t;

	ck_assert_int_eq(tap_new(1, 8, &t), 0);
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_uint_eq(tap_fill_permille(t), i * 125);
		ck_assert(tap_push(t, 0, &f));
	}
	ck_assert(!tap_push(t, 0, &f));
	ck_assert_uint_eq(tap_fill_permille(t), 1000);
	ck_assert(tap_take(t, &f));
	ck_assert(tap_push(t, 0, &f));
	tap_free(t);
}
END_TEST

START_TEST(workers_are_taken_in_turn)
{
	struct tap_frame f;
	struct tap *t;

	ck_assert_int_eq(tap_new(3, 16, &t), 0);
	for (unsigned worker = 0; worker < 3; worker++)
		for (unsigned i = 0; i < 4; i++) {
			f = frame(worker, i);
			ck_assert(tap_push(t, worker, &f));
		}
	for (unsigned i = 0; i < 12; i++) {
		ck_assert(tap_take(t, &f));
		ck_assert_uint_eq(f.recording, i % 3);
		ck_assert_uint_eq(f.position, i / 3);
		ck_assert_uint_eq(f.payload[159], i / 3);
	}
	ck_assert(!tap_take(t, &f));
	tap_free(t);
}
END_TEST

START_TEST(a_sleeping_recorder_is_woken_once)
{
	struct tap_frame f = frame(1, 0);
	struct ring_wake *wake;
	struct tap *t;

	ck_assert_int_eq(tap_new(2, 16, &t), 0);
	wake = tap_recorder_wake(t);
	tap_push(t, 1, &f);
	tap_wake(t); // nobody sleeps
	ck_assert_uint_eq(atomic_load(&wake->writes), 0);
	ring_wake_arm(wake);
	tap_wake(t);
	tap_wake(t);
	ck_assert_uint_eq(atomic_load(&wake->writes), 1);
	ring_wake_drain(wake);
	tap_free(t);
}
END_TEST

UNIT_MAIN("tap", a_full_ring_is_told, workers_are_taken_in_turn, a_sleeping_recorder_is_woken_once)
