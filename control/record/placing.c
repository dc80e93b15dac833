// Opening and closing chunks, and the interleaving of one.
#include "control/record/placing.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/crc32c.h"

// A frame further ahead than that is not believed: 1 h.
#define PLACING_JUMP_MAX 879u
#define BLOCK_SAMPLES	 2048u // interleaved and checksummed while it is in the first cache

static void lanes_set(const struct placing *p, uint64_t open)
{
	for (unsigned side = 0; side < 2; side++)
		atomic_store_explicit(&mapping_lane(p->mapping, p->recording, side)->open, open,
			memory_order_release);
}

void placing_open_lanes(struct mapping *m, uint32_t recording, uint8_t silence)
{
	for (unsigned side = 0; side < 2; side++) {
		struct tap_lane *l = mapping_lane(m, recording, side);

		*l = (struct tap_lane){.silence = silence};
		atomic_store_explicit(
			&l->number, m->recordings[recording].number, memory_order_relaxed);
		atomic_store_explicit(&l->open, (uint64_t)TAP_CHUNKS << 32, memory_order_release);
	}
}

void placing_init(struct placing *p, struct mapping *m, uint32_t recording, uint8_t silence)
{
	*p = (struct placing){
		.mapping = m,
		.entry = &m->recordings[recording],
		.recording = recording,
		.silence = silence,
	};
}

// What the windows hold and how far sound has come: up to `samples`; of closed chunks that are
// not in the file, the first and the one after the last.
static void placing_look(struct placing *p, uint32_t *oldest)
{
	*oldest = p->closed_to;
	for (unsigned i = 0; i < 2 * TAP_CHUNKS; i++) {
		const struct tap_lane *l = mapping_lane(p->mapping, p->recording, i & 1);
		uint64_t word = atomic_load_explicit(&l->filled[i >> 1], memory_order_acquire);
		uint32_t chunk = word >> 32, end = (uint32_t)word;
		uint64_t samples = (uint64_t)chunk * CHUNK_SAMPLES + end;

		if (!end || chunk < p->in_file)
			continue;
		p->samples = samples > p->samples ? samples : p->samples;
		if (chunk >= p->closed_to)
			continue;
		*oldest = chunk < *oldest ? chunk : *oldest;
		p->data_to = chunk >= p->data_to ? chunk + 1 : p->data_to;
	}
	// A chunk that was closed before its end is whole in the file.
	if (!p->closed && p->samples < (uint64_t)p->data_to * CHUNK_SAMPLES)
		p->samples = (uint64_t)p->data_to * CHUNK_SAMPLES;
}

static void placing_publish(struct placing *p)
{
	uint32_t oldest;

	placing_look(p, &oldest);
	if (p->closed)
		return;
	uint64_t to = (uint64_t)oldest + TAP_CHUNKS;
	to = to < RECORDING_CHUNKS_MAX ? to : RECORDING_CHUNKS_MAX;
	lanes_set(p, to << 32 | p->closed_to);
}

uint64_t placing_turn_ns(const struct placing *p)
{
	if (p->closed)
		return UINT64_MAX;
	return p->entry->start_mono_ns + (p->closed_to + 1ull) * PLACING_CHUNK_NS +
		PLACING_GRACE_NS;
}

static void placing_close_to(struct placing *p, uint32_t chunk)
{
	if (p->closed || chunk <= p->closed_to)
		return;
	p->closed_to = chunk < RECORDING_CHUNKS_MAX ? chunk : RECORDING_CHUNKS_MAX;
	placing_publish(p);
}

static uint32_t placing_passed(uint64_t now_ns, uint64_t start_ns)
{
	return now_ns > start_ns ? (uint32_t)((now_ns - start_ns) / PLACING_CHUNK_NS) : 0;
}

// Whether a side that spoke a moment ago has not come to the end of the chunks before this one: a
// network that stands still brings in a burst what was said meanwhile.
static bool placing_waits(const struct placing *p, uint32_t chunk, uint64_t at_ns)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct tap_lane *l = mapping_lane(p->mapping, p->recording, side);
		uint64_t end = 0;

		for (unsigned i = 0; i < TAP_CHUNKS; i++) {
			uint64_t word = atomic_load_explicit(&l->filled[i], memory_order_acquire);
			uint64_t samples = (word >> 32) * CHUNK_SAMPLES + (uint32_t)word;
			end = samples > end ? samples : end;
		}
		if (atomic_load_explicit(&l->live, memory_order_relaxed) &&
			end < (uint64_t)chunk * CHUNK_SAMPLES &&
			end * PLACING_CHUNK_NS / CHUNK_SAMPLES + PLACING_LATE_NS >= at_ns)
			return true;
	}
	return false;
}

bool placing_turn(struct placing *p, uint64_t now_ns)
{
	uint64_t start_ns = p->entry->start_mono_ns;
	uint32_t before = p->closed_to;
	uint32_t chunk = placing_passed(now_ns, start_ns + PLACING_GRACE_NS);

	if (chunk > p->closed_to && !p->closed &&
		placing_waits(p, chunk, now_ns > start_ns ? now_ns - start_ns : 0))
		chunk = placing_passed(now_ns, start_ns + PLACING_LATE_NS);
	placing_close_to(p, chunk);
	return p->closed_to > before;
}

void placing_want(struct placing *p, uint32_t chunk)
{
	if (chunk < p->closed_to + PLACING_JUMP_MAX && chunk >= TAP_CHUNKS)
		placing_close_to(p, chunk - TAP_CHUNKS + 1);
}

void placing_close(struct placing *p, bool whole)
{
	uint32_t oldest;

	if (p->closed)
		return;
	lanes_set(p, TAP_LANE_SHUT);
	p->closed = true;
	p->closed_to = RECORDING_CHUNKS_MAX;
	if (!whole)
		return;
	placing_look(p, &oldest);
	p->data_to = (p->samples + CHUNK_SAMPLES - 1) / CHUNK_SAMPLES;
	// Before the last chunk counts as in the file, which may be a short one.
	atomic_store_explicit(&p->entry->length, p->samples + 1, memory_order_release);
}

uint32_t placing_chunk_samples(struct placing *p, uint32_t index)
{
	uint64_t from = (uint64_t)index * CHUNK_SAMPLES;
	uint32_t oldest;

	if (!p->closed)
		placing_look(p, &oldest);
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

// One side ended earlier: the rest is the other side's.
static void interleave_one(uint8_t *restrict out, const uint8_t *restrict side, uint32_t samples)
{
	for (uint32_t i = 0; i < samples; i++)
		out[2 * i] = side[i];
}

struct lanes_at { // of one chunk
	const uint8_t *side[2];
	uint32_t end[2];
	uint8_t silence;
};

static void block_interleave(
	const struct lanes_at *at, uint32_t from, uint8_t *restrict out, uint32_t samples)
{
	uint32_t have[2], both;

	for (unsigned i = 0; i < 2; i++) {
		have[i] = at->end[i] > from ? at->end[i] - from : 0;
		have[i] = have[i] < samples ? have[i] : samples;
	}
	both = have[0] < have[1] ? have[0] : have[1];
	interleave(out, at->side[0] + from, at->side[1] + from, both);
	if (both == samples)
		return;
	memset(out + 2 * both, at->silence, 2 * (samples - both));
	for (unsigned i = 0; i < 2; i++)
		interleave_one(out + 2 * both + i, at->side[i] + from + both, have[i] - both);
}

uint32_t chunk_interleave(
	const struct chunk_from *from, uint8_t *out, uint32_t samples, uint32_t crc)
{
	const struct mapping *m = from->mapping;
	struct lanes_at at = {.silence = from->silence};

	check(samples <= CHUNK_SAMPLES);
	for (unsigned i = 0; i < 2; i++) {
		size_t lane = (size_t)from->recording * 2 + i;

		at.end[i] = mapping_filled(m, from->recording, i, from->index);
		at.side[i] =
			m->sound + lane * TAP_LANE_BYTES + from->index % TAP_CHUNKS * CHUNK_SAMPLES;
	}
	for (uint32_t n, done = 0; done < samples; done += n, out += 2 * n) {
		n = samples - done < BLOCK_SAMPLES ? samples - done : BLOCK_SAMPLES;
		block_interleave(&at, done, out, n);
		crc = crc32c(crc, out, 2 * n);
	}
	return crc;
}

uint32_t placing_interleave(
	const struct placing *p, uint32_t index, uint8_t *out, uint32_t samples, uint32_t crc)
{
	struct chunk_from from = {p->mapping, p->recording, index, p->silence};

	return chunk_interleave(&from, out, samples, crc);
}

void placing_in_file(struct placing *p, uint32_t crc32c)
{
	p->in_file++;
	atomic_store_explicit(
		&p->entry->in_file, (uint64_t)crc32c << 32 | p->in_file, memory_order_release);
	placing_publish(p);
}
