// Lanes that workers lay sound into, rings of notes, one per worker, and the recorder's wake.
#include "engine/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dsp/g711.h"
#include "engine/base/check.h"

#define SENT_SLOTS 1024 // to each worker, of all others

struct tap {
	unsigned workers;
	unsigned next; // worker whose ring is looked at first: the recorder's
	struct ring *rings[WORKERS_MAX];
	struct ring *sent[WORKERS_MAX]; // to each worker; NULL: there are no others
	struct tap_windows windows;
	_Atomic(struct tap_windows *) attached; // written by control; NULL: nobody records
	struct ring_wake wake;
};

int tap_new(unsigned workers, uint32_t slots, struct tap **out)
{
	struct tap *t;
	int error;

	check(workers > 0 && workers <= WORKERS_MAX);
	t = aligned_alloc(_Alignof(struct tap), sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct tap){.workers = workers};
	error = ring_wake_init(&t->wake);
	if (error) {
		free(t);
		return error;
	}
	for (unsigned i = 0; i < workers; i++) {
		t->rings[i] = ring_new(RING_SPSC, slots, sizeof(struct tap_note));
		t->sent[i] = workers == 1
			? NULL
			: ring_new(RING_MPSC, SENT_SLOTS, sizeof(struct tap_sent));
		if (!t->rings[i] || (workers > 1 && !t->sent[i])) {
			tap_free(t);
			return -ENOMEM;
		}
	}
	*out = t;
	return 0;
}

static void windows_free(struct tap *t)
{
	if (t->windows.memory)
		munmap(t->windows.memory, t->windows.bytes);
	t->windows = (struct tap_windows){};
}

void tap_free(struct tap *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->workers; i++)
		ring_free(t->rings[i]);
	for (unsigned i = 0; i < t->workers; i++)
		ring_free(t->sent[i]);
	ring_wake_fini(&t->wake);
	windows_free(t);
	free(t);
}

void tap_attach(struct tap *t, const struct tap_windows *w)
{
	windows_free(t);
	t->windows = *w;
	atomic_store_explicit(&t->attached, &t->windows, memory_order_release);
}

static struct tap_lane *lane_find(const struct tap *t, const struct tap_frame *f, uint8_t **sound)
{
	const struct tap_windows *w = atomic_load_explicit(&t->attached, memory_order_acquire);
	uint32_t slot = f->recording & TAP_SLOT_MASK;

	if (!w || slot >= w->recordings || f->side > 1)
		return NULL;
	size_t i = (size_t)slot * 2 + f->side;
	*sound = w->sound + i * TAP_LANE_BYTES;
	return &w->lanes[i];
}

static bool lane_is(const struct tap_lane *l, uint32_t number)
{
	return atomic_load_explicit(&l->number, memory_order_relaxed) == number;
}

// One writer: no need of a locked instruction.
static void add_one(_Atomic uint32_t *count)
{
	atomic_store_explicit(
		count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
}

static bool note(struct tap *t, unsigned worker, const struct tap_frame *f, uint32_t chunk)
{
	const struct tap_note n = {
		.kind = chunk ? TAP_WANT : TAP_END,
		.side = f->side,
		.recording = f->recording,
		.chunk = chunk,
	};

	return ring_push(t->rings[worker], &n);
}

static void source_begins(struct tap_lane *l)
{
	add_one(&l->sources);
	if (atomic_load_explicit(&l->sources, memory_order_relaxed) > 1)
		atomic_store_explicit(&l->shared, 1, memory_order_relaxed);
}

static void lane_end(struct tap *t, unsigned worker, const struct tap_frame *f, struct tap_lane *l)
{
	uint32_t sources = atomic_load_explicit(&l->sources, memory_order_relaxed);

	if (sources > 0 && !f->first)
		atomic_store_explicit(&l->sources, --sources, memory_order_relaxed);
	if (sources > 0)
		return;
	atomic_store_explicit(&l->live, 0, memory_order_release);
	note(t, worker, f, 0);
}

// Once for each chunk: the recorder, which goes by the clock, is asked to hurry.
static void lane_want(struct tap *t, unsigned worker, const struct tap_frame *f, struct tap_lane *l)
{
	uint64_t chunk = (f->position + f->bytes - 1) / TAP_CHUNK_SAMPLES;

	if (chunk >= UINT32_MAX || chunk < atomic_load_explicit(&l->wanted, memory_order_relaxed))
		return;
	if (note(t, worker, f, (uint32_t)chunk))
		atomic_store_explicit(&l->wanted, (uint32_t)chunk + 1, memory_order_relaxed);
}

// Sound where another's lies already, in the law of the side. A-law has no zero, so what is silent
// leaves the other's as it is.
static void add_sound(const struct tap_lane *l, uint8_t *sound, const uint8_t *payload, uint32_t n)
{
	bool alaw = l->silence == ALAW_SILENCE;
	int16_t here[TAP_PAYLOAD_MAX], more[TAP_PAYLOAD_MAX];
	uint8_t both[TAP_PAYLOAD_MAX];

	check(n <= TAP_PAYLOAD_MAX);
	(alaw ? g711_alaw_decode : g711_ulaw_decode)(here, sound, n);
	(alaw ? g711_alaw_decode : g711_ulaw_decode)(more, payload, n);
	for (uint32_t i = 0; i < n; i++) {
		int sum = here[i] + more[i];
		sum = sum > INT16_MAX ? INT16_MAX : sum;
		here[i] = (int16_t)(sum < INT16_MIN ? INT16_MIN : sum);
	}
	(alaw ? g711_alaw_encode : g711_ulaw_encode)(both, here, n);
	for (uint32_t i = 0; i < n; i++) {
		if (sound[i] == l->silence)
			sound[i] = payload[i];
		else if (payload[i] != l->silence)
			sound[i] = both[i];
	}
}

// What lies within one chunk: silence up to it, the sound, then the word that it is valid.
static void lane_put(
	struct tap_lane *l, uint8_t *sound, uint64_t position, const uint8_t *payload, uint32_t n)
{
	uint32_t chunk = (uint32_t)(position / TAP_CHUNK_SAMPLES);
	uint32_t at = position % TAP_CHUNK_SAMPLES;
	_Atomic uint64_t *filled = &l->filled[chunk % TAP_CHUNKS];
	uint64_t word = atomic_load_explicit(filled, memory_order_relaxed);
	uint32_t end = word >> 32 == chunk ? (uint32_t)word : 0;

	sound += chunk % TAP_CHUNKS * TAP_CHUNK_SAMPLES;
	if (at > end)
		memset(sound + end, (int)l->silence, at - end);
	uint32_t over = 0; // what lies there already
	if (at < end && atomic_load_explicit(&l->shared, memory_order_relaxed)) {
		over = end - at < n ? end - at : n;
		add_sound(l, sound + at, payload, over);
	}
	memcpy(sound + at + over, payload + over, n - over);
	if (at + n > end)
		atomic_store_explicit(
			filled, (uint64_t)chunk << 32 | (at + n), memory_order_release);
}

static void lane_lay(struct tap_lane *l, uint8_t *sound, const struct tap_frame *f)
{
	uint32_t room = TAP_CHUNK_SAMPLES - f->position % TAP_CHUNK_SAMPLES;
	uint32_t first = f->bytes < room ? f->bytes : room;

	lane_put(l, sound, f->position, f->payload, first);
	if (f->bytes > first)
		lane_put(l, sound, f->position + first, f->payload + first, f->bytes - first);
}

// Up to where a position's chunk has sound of this recording; 0: nowhere.
static uint64_t lane_end_of(const struct tap_lane *l, uint64_t position)
{
	uint64_t chunk = position / TAP_CHUNK_SAMPLES;
	uint64_t word = atomic_load_explicit(&l->filled[chunk % TAP_CHUNKS], memory_order_relaxed);

	return word >> 32 == chunk ? chunk * TAP_CHUNK_SAMPLES + (uint32_t)word : 0;
}

// Piece by piece: out of its place, which becomes silence, and to its new one. Of a chunk that
// takes no more sound nothing is moved, and to one nothing, nor before the recording's start. Where
// no sound was laid lies what was there before, of another recording maybe.
static void lane_move(struct tap_lane *l, uint8_t *sound, const struct tap_frame *f)
{
	uint64_t open = atomic_load_explicit(&l->open, memory_order_acquire);
	uint64_t from = (uint64_t)(uint32_t)open * TAP_CHUNK_SAMPLES;
	uint64_t to = (open >> 32) * TAP_CHUNK_SAMPLES, end = f->position + f->bytes;
	uint8_t payload[TAP_PAYLOAD_MAX];

	for (uint64_t at = f->position > from ? f->position : from; at < end && at < to;) {
		uint64_t valid = lane_end_of(l, at);
		if (at >= valid) {
			at = (at / TAP_CHUNK_SAMPLES + 1) * TAP_CHUNK_SAMPLES;
			continue;
		}
		uint64_t n = end - at < TAP_PAYLOAD_MAX ? end - at : TAP_PAYLOAD_MAX;
		n = n < valid - at ? n : valid - at;
		if (at < from + f->by && at + n > from + f->by)
			n = from + f->by - at;
		memcpy(payload, sound + at % TAP_LANE_BYTES, n);
		memset(sound + at % TAP_LANE_BYTES, (int)l->silence, n);
		struct tap_frame moved = {
			.bytes = (uint16_t)n, .position = at - f->by, .payload = payload};
		if (at >= from + f->by)
			lane_lay(l, sound, &moved);
		at += n;
	}
}

static bool send(struct tap *t, const struct tap_frame *f)
{
	struct tap_sent s = {.f = *f};

	if (f->kind == TAP_SOUND)
		memcpy(s.payload, f->payload, f->bytes);
	s.f.payload = NULL;
	return f->writer < t->workers && ring_push_shared(t->sent[f->writer], &s);
}

bool tap_sent(struct tap *t, unsigned worker, struct tap_sent *out)
{
	if (!t->sent[worker] || !ring_pop(t->sent[worker], out))
		return false;
	out->f.payload = out->payload;
	return true;
}

bool tap_is_shared(const struct tap *t, uint32_t recording, unsigned side)
{
	const struct tap_frame f = {.recording = recording, .side = (uint8_t)side};
	uint8_t *sound;
	const struct tap_lane *l = lane_find(t, &f, &sound);

	return l && atomic_load_explicit(&l->shared, memory_order_relaxed);
}

bool tap_push(struct tap *t, unsigned worker, const struct tap_frame *f)
{
	uint8_t *sound;
	struct tap_lane *l = lane_find(t, f, &sound);

	if (!l || !lane_is(l, f->recording))
		return false;
	if (f->writer != worker && t->workers > 1)
		return send(t, f);
	if (f->kind == TAP_END) {
		lane_end(t, worker, f, l);
		return true;
	}
	if (f->kind == TAP_MOVE) {
		if (!atomic_load_explicit(&l->shared, memory_order_relaxed))
			lane_move(l, sound, f);
		return true;
	}
	if (f->first)
		source_begins(l);
	uint64_t open = atomic_load_explicit(&l->open, memory_order_acquire);

	if (f->position / TAP_CHUNK_SAMPLES < (uint32_t)open) {
		add_one(&l->seen);
		add_one(&l->late);
		return true;
	}
	if ((f->position + f->bytes - 1) / TAP_CHUNK_SAMPLES >= open >> 32) {
		lane_want(t, worker, f, l);
		return false;
	}
	lane_lay(l, sound, f);
	add_one(&l->seen);
	add_one(&l->written);
	atomic_store_explicit(&l->live, 1, memory_order_relaxed);
	return true;
}

void tap_fetch(const struct tap *t, uint32_t recording, unsigned side, uint64_t position)
{
	const struct tap_frame f = {.recording = recording, .side = (uint8_t)side};
	uint8_t *sound;
	struct tap_lane *l = lane_find(t, &f, &sound);

	if (!l)
		return;
	__builtin_prefetch(l, 1);
	for (unsigned i = 0; i <= TAP_PAYLOAD_MAX; i += 64)
		__builtin_prefetch(sound + (position + i) % TAP_LANE_BYTES, 1);
	__builtin_prefetch(sound + (position + TAP_PAYLOAD_MAX - 1) % TAP_LANE_BYTES, 1);
}

void tap_lose(struct tap *t, const struct tap_frame *f)
{
	uint8_t *sound;
	struct tap_lane *l = lane_find(t, f, &sound);

	if (!l || !lane_is(l, f->recording))
		return;
	add_one(&l->seen);
	add_one(&l->lost);
}

void tap_wake(struct tap *t)
{
	ring_wake_reader(&t->wake);
}

// A note from each worker in turn, so that no worker starves another.
bool tap_take(struct tap *t, struct tap_note *out)
{
	for (unsigned i = 0; i < t->workers; i++) {
		unsigned worker = (t->next + i) % t->workers;

		if (ring_pop(t->rings[worker], out)) {
			t->next = (worker + 1) % t->workers;
			return true;
		}
	}
	return false;
}

struct ring_wake *tap_recorder_wake(struct tap *t)
{
	return &t->wake;
}

unsigned tap_fill_permille(const struct tap *t)
{
	unsigned fullest = 0;

	for (unsigned i = 0; i < t->workers; i++) {
		unsigned fill =
			(unsigned)((uint64_t)ring_count(t->rings[i]) * 1000 / t->rings[i]->slots);

		fullest = fill > fullest ? fill : fullest;
	}
	return fullest;
}
