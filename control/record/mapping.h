// The shared mapping: recordings being made and the sound that is not yet in their files, in
// memory that outlives a kill.
//
// A file under /dev/shm, mapped shared: what a killed process had stored stays, up to its last
// instruction. Everyone may make files there: ours has a name that cannot be guessed behind the
// recording folder's, is made anew at each start, and one that is found there is opened without
// following links and believed if it is a regular file of our user's that nobody else may write.
// A lock in the recording folder says who uses it. So every step is
// ordered: sound before the word that says that it is valid, a chunk's release after the word
// that says that it is in the file. Each recording has two lanes of the tap (engine/tap.h), its
// windows, which workers write; the rest is written by recorder once a recording is open, but for
// the fields that say otherwise. Huge pages, where the kernel has them: ten thousand calls'
// windows are far more than a TLB of small ones covers.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "control/record/recorder.h"
#include "engine/tap.h"

#define CHUNK_SAMPLES TAP_CHUNK_SAMPLES
#define CHUNK_BYTES   (2u * CHUNK_SAMPLES) // in the file, both sides interleaved
#define WAV_HEADER    4096u		   // bytes before the sound: O_DIRECT stays aligned

#define MAPPING_FOLDER	   "/dev/shm"
#define MAPPING_PREFIX_MAX 40

// Chunks of the longest recording, whose size a WAV file's header can still say: 74 h.
#define RECORDING_CHUNKS_MAX ((0xffffffffu - WAV_HEADER) / CHUNK_BYTES)

size_t mapping_bytes(uint32_t recordings); // of shared memory that so many at once take

enum mapping_state { MAPPING_FREE, MAPPING_OPEN, MAPPING_DONE };

struct mapping_recording {
	_Atomic uint32_t state; // enum mapping_state; OPEN and FREE written by control
	uint32_t number;	// written by control, as are call … start_wall_ns
	struct callid call;
	uint64_t start_wall_ns, start_mono_ns;
	uint32_t law; // enum codec_id
	char id[64];
	char file[512];
	_Atomic uint64_t in_file; // low half: whole chunks in the file; high half: their CRC
	_Atomic uint64_t length;  // samples + 1 once all sound is placed; 0: not yet
	// Of the whole file, once state is DONE; from then on control's.
	uint64_t samples;
	uint32_t crc32c;
	int32_t error;
	uint64_t told; // the log's sequence when control told it; 0: not yet
};

struct mapping_head {
	char magic[8];
	uint32_t version, recordings;
	uint64_t bytes;
	char directory[256];
};

struct mapping {
	int fd; // locked
	char path[80];
	void *memory; // NULL: it holds nothing that can be read
	size_t bytes;
	struct mapping_head *head;
	struct mapping_recording *recordings;
	struct tap_lane *lanes; // two of each recording: left, right
	uint8_t *sound;		// TAP_LANE_BYTES of each lane
	bool given;		// to the tap, which unmaps it
	bool foreign;		// of another version of this program
	bool aside;		// kept for who looks after it, whatever is told
};

// Takes the folder's lock, which a killed process holds until its last write is done. The
// descriptor, or -errno with a sentence.
int mapping_lock(const char *directory, char error[512]);
int mapping_lock_again(const char *directory); // of a folder that was made anew; waits for nobody
// What killed processes left for this folder, in *list (malloc'd), each locked and mapped; what
// is not ours is named in the log and left alone. 0, or -errno with a sentence.
int mapping_find(const char *directory, struct mapping **list, size_t *count, char error[512]);
// How the names of a folder's files begin. 0 or -errno.
int mapping_prefix(const char *directory, char out[MAPPING_PREFIX_MAX]);
// Maps the file that m->fd is, with this many bytes, if it is a whole one.
void mapping_take(struct mapping *m, size_t bytes);
// A new, empty one. 0, or -errno with a sentence.
int mapping_make(struct mapping *m, const char *directory, uint32_t recordings, char error[512]);
// Unmaps; keep: leaves the file for the next start.
void mapping_close(struct mapping *m, bool keep);
// Keeps the file under a name that no start takes up; m->path is that name. 0 or -errno.
int mapping_put_aside(struct mapping *m);
// Gives the sound's memory back; entries stay.
void mapping_drop_sound(struct mapping *m);

// The memory is the tap's from here on.
void mapping_give(struct mapping *m, struct tap *tap);

static inline struct tap_lane *mapping_lane(
	const struct mapping *m, uint32_t recording, unsigned side)
{
	return &m->lanes[(size_t)recording * 2 + side];
}

// Samples that a side has in a chunk, 0 if its window holds another one.
uint32_t mapping_filled(const struct mapping *m, uint32_t recording, unsigned side, uint32_t chunk);
struct recording_ledger mapping_ledger(const struct mapping *m, uint32_t recording, unsigned side);
