// The door between engine and recorder: sound that sessions receive, laid where the recorder
// finds it, as soon as it arrives.
// On control's side only control/record may include this file.
//
// Each side of a recording is a lane: a window of TAP_CHUNKS chunks of its time line, in memory of
// the recorder's that outlives a kill. The worker copies a payload straight to its place there, so
// that no frame passes through a second pair of hands and kill -9 loses what was not yet received.
// What a side leaves out within a chunk is silence, which the worker fills in.
//
// Several sessions may be recorded into one side, as all of a conference but the caller: where one
// has laid sound already another's is added. A side has one writer, the worker that its first
// session belongs to, for as long as the recording lasts; sessions of other workers send it their
// frames.
//
// The recorder says by `open` which chunks take sound. One that is behind the window is late; one
// that is ahead of it, because the disk is, is a counted, reported loss: the engine never waits.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ring.h"
#include "engine/bounds.h"

#define TAP_PAYLOAD_MAX	  160	 // bytes; longer packets come as several frames
#define TAP_CHUNK_SAMPLES 32768u // 4.1 s; a sample is a byte
#define TAP_CHUNKS	  2u	 // of a lane's window
#define TAP_LANE_BYTES	  (TAP_CHUNKS * TAP_CHUNK_SAMPLES)
#define TAP_SLOT_BITS	  20 // of a recording's number: which of the windows it has
#define TAP_SLOT_MASK	  ((1u << TAP_SLOT_BITS) - 1)
#define TAP_LANE_SHUT	  0x00000000ffffffffull // `open` of a lane that takes nothing more

// One side of a recording, a cache line. `open` is written by recorder: the first chunk that takes
// sound in its low half, the first that does not in its high half. `filled` has of each chunk of
// the window its number in the high half and in the low half the samples up to the last.
struct tap_lane {
	_Alignas(64) _Atomic uint64_t open;
	_Atomic uint32_t number; // of the recording; written by control, as is silence
	uint32_t silence;	 // in its law
	// Written by the worker that the side's session belongs to.
	_Atomic uint64_t filled[TAP_CHUNKS];
	_Atomic uint32_t seen, written, lost, late; // frames
	_Atomic uint32_t wanted;		    // last chunk that was asked for, and one
	_Atomic uint32_t live;			    // there was sound, and no end since
	_Atomic uint32_t sources;		    // sessions that laid sound and have not ended
	_Atomic uint32_t shared;		    // there were several at once
};
_Static_assert(sizeof(struct tap_lane) == 64, "one cache line");

struct tap_windows {
	struct tap_lane *lanes; // two of each recording: left, right
	uint8_t *sound;		// TAP_LANE_BYTES of each lane
	uint32_t recordings;
	void *memory; // of both, to be unmapped with the tap
	size_t bytes;
};

enum tap_kind {
	TAP_SOUND = 1,
	TAP_END,  // this side is over
	TAP_MOVE, // what was laid from a position on lies earlier, or before the start and is gone
	TAP_WANT, // notes only: a frame was ahead of the window
};

struct tap_frame {
	uint8_t kind; // enum tap_kind
	uint8_t side; // enum gate_side: 0 left, 1 right
	uint16_t bytes;
	uint32_t recording;	// the number that RECORD named
	uint32_t by;		// MOVE: samples
	uint8_t writer;		// worker that lays it
	bool first;		// SOUND: its session's first; END: there was none
	uint64_t position;	// of the first byte, in samples at 8 kHz from the recording's start
	const uint8_t *payload; // in the recording's law
};

struct tap_note { // what the recorder has to hear at once
	uint8_t kind, side;
	uint32_t recording, chunk;
};

struct tap; // one SPSC ring of notes per worker, one wake for the recorder

int tap_new(unsigned workers, uint32_t slots, struct tap **out); // slots per worker; 0 or -errno
void tap_free(struct tap *t); // once no worker runs: unmaps the windows too

// --- engine: the worker that owns the ring ---
// False: no room, or no such recording. An end whose note found no room is seen by its lane.
bool tap_push(struct tap *t, unsigned worker, const struct tap_frame *f);
// What another worker's session sent to be laid by this one: to be pushed anew.
struct tap_sent {
	struct tap_frame f; // its payload is the one here
	uint8_t payload[TAP_PAYLOAD_MAX];
};
bool tap_sent(struct tap *t, unsigned worker, struct tap_sent *out); // false: nothing
// Sound of several sessions lies on this side: none of it can be moved any more.
bool tap_is_shared(const struct tap *t, uint32_t recording, unsigned side);
void tap_lose(struct tap *t, const struct tap_frame *f); // counts a frame that found no room
void tap_wake(struct tap *t);				 // once after a batch

// Brings the memory that the side's next frame goes to, before it comes.
void tap_fetch(const struct tap *t, uint32_t recording, unsigned side, uint64_t position);

// --- recorder ---
// Before the first RECORD. The memory is the tap's from here on: workers may have their hands in
// it until they end.
void tap_attach(struct tap *t, const struct tap_windows *w);
bool tap_take(struct tap *t, struct tap_note *out); // from all workers in turn; false: all empty
struct ring_wake *tap_recorder_wake(struct tap *t);
unsigned tap_fill_permille(const struct tap *t); // fullest ring of notes
