// Which chunks of a recording take sound, which are for the disk, and how one is interleaved.
//
// Workers lay sound into the two lanes of a recording's window by themselves. Chunks close by the
// clock, 1 s after their end, or when a worker says that it is further; later while the network may
// still bring what a side said, whose place they are. One that has sound then
// goes to the file, with all before it, and makes room for the one after the next. A pause of both
// sides that is longer than that fills up its chunk with silence. Chunks without sound wait until
// there is some behind them: a recording ends with the side that was heard last.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/record/mapping.h"

#define PLACING_CHUNK_NS 4096000000ull
#define PLACING_GRACE_NS 1024000000ull // after its end a chunk still takes what comes late,
#define PLACING_LATE_NS	 3200000000ull // and while a side is behind that spoke so long ago at most

struct placing {
	struct mapping *mapping;
	struct mapping_recording *entry;
	uint32_t recording; // index in the mapping
	uint8_t silence;
	bool closed;	    // takes no more sound
	uint64_t samples;   // up to the end of the latest sound of either side, when last looked at
	uint32_t closed_to; // chunks before it take no more sound
	uint32_t data_to;   // chunks before it are for the file
	uint32_t in_file;   // chunks before it are in the file
};

// Opens the lanes of a recording; control does so before its number is known to anyone.
void placing_open_lanes(struct mapping *m, uint32_t recording, uint8_t silence);
void placing_init(struct placing *p, struct mapping *m, uint32_t recording, uint8_t silence);
uint64_t placing_turn_ns(const struct placing *p);     // when the next chunk closes
bool placing_turn(struct placing *p, uint64_t now_ns); // a chunk has closed, and is not waited for
void placing_want(struct placing *p, uint32_t chunk);  // a worker is there already
// No more sound. Whole: every chunk may be written; else nothing more will be.
void placing_close(struct placing *p, bool whole);
// Samples that chunk `index` has in the file, as far as sound has come.
uint32_t placing_chunk_samples(struct placing *p, uint32_t index);
// Writes chunk `index` as it is now: `samples` of both sides interleaved, silence in the gaps.
// Returns the CRC32C of what `crc` is of and this.
uint32_t placing_interleave(
	const struct placing *p, uint32_t index, uint8_t *out, uint32_t samples, uint32_t crc);
// Chunk in_file is in the file with this CRC over all of the file's sound so far.
void placing_in_file(struct placing *p, uint32_t crc32c);

struct chunk_from { // a chunk of a mapping as it lies
	const struct mapping *mapping;
	uint32_t recording, index;
	uint8_t silence;
};
uint32_t chunk_interleave(
	const struct chunk_from *from, uint8_t *out, uint32_t samples, uint32_t crc);
