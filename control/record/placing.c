// Placing frames: sides, gaps, late ones, jumps, and the interleaving of a chunk.
#include "control/record/placing.h"

#include <string.h>

#include "engine/base/check.h"

// A frame further ahead of all sound so far is not believed: 1 h.
#define PLACING_JUMP_MAX (3600ull * 8000)

// The mapping's chunk for this index of the recording, or UINT32_MAX.
static uint32_t placing_find(const struct placing *p, uint32_t index)
{
	for (unsigned i = 0; i < PLACING_OPEN_MAX; i++)
		if (p->open[i].chunk != UINT32_MAX && p->open[i].index == index)
			return p->open[i].chunk;
	return UINT32_MAX;
}

static uint32_t placing_take(struct placing *p, uint32_t index)
{
	for (unsigned i = 0; i < PLACING_OPEN_MAX; i++) {
		if (p->open[i].chunk != UINT32_MAX)
			continue;
		p->open[i].index = index;
		p->open[i].chunk = mapping_take_chunk(p->mapping, p->recording, index);
		return p->open[i].chunk;
	}
	return UINT32_MAX; // the disk is four chunks behind
}

static void placing_give(struct placing *p, unsigned i)
{
	if (p->open[i].chunk != UINT32_MAX)
		mapping_free_chunk(p->mapping, p->open[i].chunk);
	p->open[i].chunk = UINT32_MAX;
}

void placing_init(struct placing *p, struct mapping *m, uint32_t recording, uint8_t silence)
{
	*p = (struct placing){
		.mapping = m,
		.entry = &m->recordings[recording],
		.recording = recording,
		.silence = silence,
	};
	for (unsigned i = 0; i < PLACING_OPEN_MAX; i++)
		p->open[i].chunk = UINT32_MAX;
}

void placing_fini(struct placing *p)
{
	for (unsigned i = 0; i < PLACING_OPEN_MAX; i++)
		placing_give(p, i);
}

// A part of a frame that lies within one chunk: silence up to it, the sound, then the word that
// it is valid.
static bool placing_copy(
	struct placing *p, unsigned side, uint64_t position, const uint8_t *payload, uint32_t bytes)
{
	uint32_t index = position / CHUNK_SAMPLES, at = position % CHUNK_SAMPLES;
	uint32_t chunk = placing_find(p, index);

	if (chunk == UINT32_MAX)
		chunk = placing_take(p, index);
	if (chunk == UINT32_MAX)
		return false;
	struct mapping_chunk *c = &p->mapping->chunks[chunk];
	uint8_t *sound = mapping_sound(p->mapping, chunk, side);
	uint32_t end = atomic_load_explicit(&c->end[side], memory_order_relaxed);

	if (at > end)
		memset(sound + end, p->silence, at - end);
	memcpy(sound + at, payload, bytes);
	if (at + bytes > end)
		atomic_store_explicit(&c->end[side], at + bytes, memory_order_release);
	return true;
}

// Chunks that sound has left behind take no more.
static void placing_advance(struct placing *p, uint64_t end)
{
	if (end <= p->samples)
		return;
	p->samples = end;
	uint32_t passed = end > PLACING_GRACE ? (end - PLACING_GRACE) / CHUNK_SAMPLES : 0;
	if (passed > p->closed_to)
		p->closed_to = passed;
}

void placing_put(
	struct placing *p, unsigned side, uint64_t position, const uint8_t *payload, uint32_t bytes)
{
	struct recording_ledger *ledger = &p->entry->side[side];
	uint64_t end = position + bytes;

	if (end > RECORDING_SAMPLES_MAX || end > p->samples + PLACING_JUMP_MAX) {
		p->refused[side]++;
		return;
	}
	if (position / CHUNK_SAMPLES < p->closed_to) {
		ledger->late++;
		return;
	}
	uint32_t room = CHUNK_SAMPLES - position % CHUNK_SAMPLES;
	uint32_t first = bytes < room ? bytes : room;
	bool placed = placing_copy(p, side, position, payload, first);

	if (placed && bytes > first)
		placed = placing_copy(p, side, position + first, payload + first, bytes - first);
	if (placed)
		ledger->written++;
	else
		p->refused[side]++;
	placing_advance(p, end);
}

void placing_close(struct placing *p)
{
	p->closed_to = (p->samples + CHUNK_SAMPLES - 1) / CHUNK_SAMPLES;
	// Before the last chunk counts as in the file, which may be a short one.
	atomic_store_explicit(&p->entry->length, p->samples + 1, memory_order_release);
}

uint32_t placing_chunk_samples(const struct placing *p, uint32_t index)
{
	uint64_t from = (uint64_t)index * CHUNK_SAMPLES;

	if (p->samples <= from)
		return 0;
	return p->samples - from < CHUNK_SAMPLES ? p->samples - from : CHUNK_SAMPLES;
}

static void interleave(uint8_t *restrict out, const uint8_t *restrict left,
	const uint8_t *restrict right, uint32_t samples)
{
	for (uint32_t i = 0; i < samples; i++) {
		out[2 * i] = left[i];
		out[2 * i + 1] = right[i];
	}
}

// One side ended earlier: the rest of the chunk is the other side's.
static void interleave_one(uint8_t *restrict out, const uint8_t *restrict side, uint32_t samples)
{
	for (uint32_t i = 0; i < samples; i++)
		out[2 * i] = side[i];
}

void mapping_interleave(
	const struct mapping *m, uint32_t chunk, uint8_t silence, uint8_t *out, uint32_t samples)
{
	check(samples <= CHUNK_SAMPLES);
	if (chunk == UINT32_MAX) {
		memset(out, silence, 2 * samples);
		return;
	}
	const struct mapping_chunk *c = &m->chunks[chunk];
	const uint8_t *side[2] = {mapping_sound(m, chunk, 0), mapping_sound(m, chunk, 1)};
	uint32_t end[2], both;

	for (unsigned i = 0; i < 2; i++) {
		end[i] = atomic_load_explicit(&c->end[i], memory_order_acquire);
		end[i] = end[i] < samples ? end[i] : samples;
	}
	both = end[0] < end[1] ? end[0] : end[1];
	interleave(out, side[0], side[1], both);
	memset(out + 2 * both, silence, 2 * (samples - both));
	for (unsigned i = 0; i < 2; i++)
		interleave_one(out + 2 * both + i, side[i] + both, end[i] - both);
}

void placing_interleave(const struct placing *p, uint32_t index, uint8_t *out, uint32_t samples)
{
	mapping_interleave(p->mapping, placing_find(p, index), p->silence, out, samples);
}

void placing_in_file(struct placing *p, uint32_t crc32c)
{
	uint32_t index = p->in_file++;

	atomic_store_explicit(
		&p->entry->in_file, (uint64_t)crc32c << 32 | p->in_file, memory_order_release);
	for (unsigned i = 0; i < PLACING_OPEN_MAX; i++)
		if (p->open[i].index == index)
			placing_give(p, i);
}
