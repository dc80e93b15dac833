// The door between engine and recorder: what sessions receive, by value, as soon as it arrives.
// On control's side only control/record/recorder.c may include this file.
//
// A tapped session sends its payload on arrival, before any jitter buffer: kill -9 then loses no
// more than the ring and one packet. Each frame says where it belongs on the recording's time
// line, so order and loss are the recorder's to see and nobody waits for anybody. A full ring is
// a counted, reported loss: the engine never waits.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ring.h"
#include "engine/bounds.h"

#define TAP_PAYLOAD_MAX 160 // bytes; longer packets come as several frames

enum tap_kind {
	TAP_SOUND = 1,
	TAP_END, // this side is over; `seen` and `lost` are its totals
};

struct tap_frame {
	uint8_t kind; // enum tap_kind
	uint8_t side; // enum gate_side: 0 left, 1 right
	uint16_t bytes;
	uint32_t recording; // the number that RECORD named
	uint64_t position;  // of the first byte, in samples at 8 kHz from the recording's start
	uint32_t seen,
		lost;	// frames tapped of this side so far, and those that found the ring full
	uint64_t at_ns; // worker's monotonic time of arrival
	uint8_t payload[TAP_PAYLOAD_MAX]; // in the recording's law
};
_Static_assert(sizeof(struct tap_frame) == 192, "three cache lines");

struct tap; // one SPSC ring per worker, one wake for the recorder

int tap_new(unsigned workers, uint32_t slots, struct tap **out); // slots per worker; 0 or -errno
void tap_free(struct tap *t);

// --- engine: the worker that owns the ring ---
bool tap_push(struct tap *t, unsigned worker, const struct tap_frame *f); // false: full
void tap_wake(struct tap *t);						  // once after a batch

// --- recorder thread ---
bool tap_take(struct tap *t, struct tap_frame *out); // from all workers in turn; false: all empty
struct ring_wake *tap_recorder_wake(struct tap *t);
unsigned tap_fill_permille(const struct tap *t); // fullest ring, for back-pressure reports
