// The shared mapping: recordings being made and the sound that is not yet in their files, in
// memory that outlives a kill.
//
// A file under /dev/shm, named after the recording folder and locked by who uses it, mapped
// shared: what a killed process had stored stays, up to its last instruction. So every step is
// ordered: sound before the word that says that it is valid, a chunk's release after the word
// that says that it is in the file. Written by recorder once a recording is open, but for the
// fields that say otherwise.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "control/record/recorder.h"

#define CHUNK_SAMPLES	     32768u		  // per side: 4.1 s
#define CHUNK_BYTES	     (2u * CHUNK_SAMPLES) // in the file, both sides interleaved
#define WAV_HEADER	     4096u		  // bytes before the sound: O_DIRECT stays aligned
#define CHUNKS_PER_RECORDING 2u // of the mapping; more than one only while it turns

// Highest sample count of a WAV file of two channels, rounded down to whole chunks: 74 h.
#define RECORDING_SAMPLES_MAX ((0xffffffffu - WAV_HEADER) / CHUNK_BYTES * CHUNK_SAMPLES)

enum mapping_state { MAPPING_FREE, MAPPING_OPEN, MAPPING_DONE };

struct mapping_recording {
	_Atomic uint32_t state; // enum mapping_state; OPEN and FREE written by control
	uint32_t number;	// written by control, as are call … start_wall_ns
	struct callid call;
	uint64_t start_wall_ns;
	uint32_t law; // enum codec_id
	char id[64];
	char file[512];
	_Atomic uint64_t in_file; // low half: whole chunks in the file; high half: their CRC
	_Atomic uint64_t length;  // samples + 1 once all sound is placed; 0: not yet
	struct recording_ledger side[2];
	// Of the whole file, once state is DONE; from then on control's.
	uint64_t samples;
	uint32_t crc32c;
	int32_t error;
};

struct mapping_chunk {
	_Atomic uint32_t owner;	 // index of the recording + 1; 0: free
	uint32_t index;		 // which chunk of it
	_Atomic uint32_t end[2]; // samples of each side up to the last that is valid
};

struct mapping_head {
	char magic[8];
	uint32_t version, recordings, chunks, pad;
	uint64_t bytes;
	char directory[256];
};

struct mapping {
	int fd; // locked
	char path[64];
	void *memory;
	size_t bytes;
	struct mapping_head *head;
	struct mapping_recording *recordings;
	struct mapping_chunk *chunks;
	uint8_t *sound; // CHUNK_BYTES a chunk: left, then right
	uint32_t *free; // indices of free chunks, a stack
	uint32_t free_count;
};

// Takes the lock and maps what the last process left; m->memory is NULL where it left nothing
// that can be read. 0, or -errno with a sentence.
int mapping_open(struct mapping *m, const char *directory, char error[512]);
// Replaces the content by an empty mapping of this size.
int mapping_reset(struct mapping *m, uint32_t recordings, char error[512]);
// keep: leave the file for the next start.
void mapping_close(struct mapping *m, bool keep);

uint32_t mapping_take_chunk(struct mapping *m, uint32_t recording, uint32_t index); // or UINT32_MAX
void mapping_free_chunk(struct mapping *m, uint32_t chunk);

static inline uint8_t *mapping_sound(const struct mapping *m, uint32_t chunk, unsigned side)
{
	return m->sound + (size_t)chunk * CHUNK_BYTES + side * CHUNK_SAMPLES;
}
