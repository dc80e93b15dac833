// Where sound goes: frames by their position into chunks, chunks into bytes of the file.
//
// Sides are kept apart in a chunk and interleaved when it is written: a frame is then one copy,
// and each side knows how far it has come. What a side leaves out is silence of its law. A chunk
// closes once sound has come 400 ms behind its end; what comes for it later is counted late.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/record/mapping.h"

#define PLACING_OPEN_MAX 4u    // chunks of one recording that take sound at once
#define PLACING_GRACE	 3200u // samples: 400 ms

struct placing {
	struct mapping *mapping;
	struct mapping_recording *entry;
	uint32_t recording; // index in the mapping
	uint8_t silence;
	uint64_t samples;   // up to the end of the latest frame of either side
	uint32_t closed_to; // chunks before it take no more sound
	uint32_t in_file;   // chunks before it are in the file
	// Chunks from in_file on that have sound; all others are silence.
	struct {
		uint32_t index, chunk; // chunk UINT32_MAX: unused
	} open[PLACING_OPEN_MAX];
	uint32_t refused[2]; // frames of a side that found no chunk free, or were not believed
};

void placing_init(struct placing *p, struct mapping *m, uint32_t recording, uint8_t silence);
void placing_fini(struct placing *p); // gives its chunks back
// Places a frame of one side and counts it: written, late or refused.
void placing_put(struct placing *p, unsigned side, uint64_t position, const uint8_t *payload,
	uint32_t bytes);
void placing_close(struct placing *p); // no more sound: every chunk may be written
// Samples that chunk `index` has in the file.
uint32_t placing_chunk_samples(const struct placing *p, uint32_t index);
// Writes chunk `index` as it is now: `samples` of both sides interleaved, silence in the gaps.
void placing_interleave(const struct placing *p, uint32_t index, uint8_t *out, uint32_t samples);
// Chunk in_file is in the file with this CRC over all of the file's sound so far.
void placing_in_file(struct placing *p, uint32_t crc32c);
// The same from a mapping as it lies: chunk UINT32_MAX is silence.
void mapping_interleave(
	const struct mapping *m, uint32_t chunk, uint8_t silence, uint8_t *out, uint32_t samples);
