// The two rings and the waking of their reader.
#include "engine/base/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/check.h"

#define RING_LINE     64
#define RING_SEQUENCE 8 // bytes before an MPSC slot's message: the sequence word, and its padding

static uint32_t ring_slots_round(uint32_t slots)
{
	uint32_t n = 2; // with one slot Vyukov's "free" and "full" would be the same number

	check(slots > 0 && slots <= 1u << 30);
	while (n < slots)
		n <<= 1;
	return n;
}

static uint32_t ring_stride(enum ring_kind kind, uint32_t slot_size)
{
	check(slot_size > 0 && slot_size <= 1u << 20);
	return ((slot_size + 7) & ~7u) + (kind == RING_MPSC ? RING_SEQUENCE : 0);
}

size_t ring_bytes(enum ring_kind kind, uint32_t slots, uint32_t slot_size)
{
	size_t data = (size_t)ring_slots_round(slots) * ring_stride(kind, slot_size);

	return sizeof(struct ring) + ((data + RING_LINE - 1) & ~(size_t)(RING_LINE - 1));
}

static unsigned char *ring_slot(struct ring *r, uint32_t position)
{
	return r->data + (size_t)(position & r->mask) * r->stride;
}

static _Atomic uint32_t *ring_sequence(unsigned char *slot)
{
	return (_Atomic uint32_t *)(void *)slot;
}

struct ring *ring_init(void *mem, enum ring_kind kind, uint32_t slots, uint32_t slot_size)
{
	struct ring *r = mem;

	check(((uintptr_t)mem & (RING_LINE - 1)) == 0);
	check(kind == RING_SPSC || kind == RING_MPSC);
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->slots = ring_slots_round(slots);
	r->slot_size = slot_size;
	r->stride = ring_stride(kind, slot_size);
	r->mask = r->slots - 1;
	for (uint32_t i = 0; kind == RING_MPSC && i < r->slots; i++)
		atomic_init(ring_sequence(ring_slot(r, i)), i);
	return r;
}

struct ring *ring_new(enum ring_kind kind, uint32_t slots, uint32_t slot_size)
{
	void *mem = aligned_alloc(RING_LINE, ring_bytes(kind, slots, slot_size));

	return mem ? ring_init(mem, kind, slots, slot_size) : NULL;
}

void ring_free(struct ring *r)
{
	free(r);
}

bool ring_push(struct ring *r, const void *msg)
{
	check(r->kind == RING_SPSC);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head - r->tail_seen == r->slots) {
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (head - r->tail_seen == r->slots)
			return false;
	}
	memcpy(ring_slot(r, head), msg, r->slot_size);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

// A slot's sequence equals its position when free for that round, position + 1 when written.
bool ring_push_shared(struct ring *r, const void *msg)
{
	check(r->kind == RING_MPSC);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	for (;;) {
		unsigned char *slot = ring_slot(r, head);
		uint32_t sequence = atomic_load_explicit(ring_sequence(slot), memory_order_acquire);
		int32_t ahead = (int32_t)(sequence - head);

		if (ahead < 0)
			return false;
		if (ahead > 0) {
			head = atomic_load_explicit(&r->head, memory_order_relaxed);
			continue;
		}
		if (atomic_compare_exchange_weak_explicit(&r->head, &head, head + 1,
			    memory_order_relaxed, memory_order_relaxed)) {
			memcpy(slot + RING_SEQUENCE, msg, r->slot_size);
			atomic_store_explicit(ring_sequence(slot), head + 1, memory_order_release);
			return true;
		}
	}
}

static bool ring_pop_shared(struct ring *r, void *msg)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	unsigned char *slot = ring_slot(r, tail);

	if (atomic_load_explicit(ring_sequence(slot), memory_order_acquire) != tail + 1)
		return false;
	memcpy(msg, slot + RING_SEQUENCE, r->slot_size);
	atomic_store_explicit(ring_sequence(slot), tail + r->slots, memory_order_release);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_relaxed);
	return true;
}

static bool pop_one(struct ring *r, void *msg, bool wiped)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail == r->head_seen) {
		r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
		if (tail == r->head_seen)
			return false;
	}
	memcpy(msg, ring_slot(r, tail), r->slot_size);
	if (wiped)
		memset(ring_slot(r, tail), 0, r->slot_size);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

bool ring_pop(struct ring *r, void *msg)
{
	if (r->kind == RING_MPSC)
		return ring_pop_shared(r, msg);
	return pop_one(r, msg, false);
}

bool ring_pop_wiped(struct ring *r, void *msg)
{
	check(r->kind == RING_SPSC);
	return pop_one(r, msg, true);
}

uint32_t ring_count(const struct ring *r)
{
	// Tail first: it never overtakes a head that is read after it.
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint32_t count = atomic_load_explicit(&r->head, memory_order_acquire) - tail;

	return count < r->slots ? count : r->slots;
}

uint32_t ring_free_slots(const struct ring *r)
{
	return r->slots - ring_count(r);
}

int ring_wake_init(struct ring_wake *w)
{
	atomic_init(&w->armed, 0);
	atomic_init(&w->writes, 0);
	w->efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return w->efd < 0 ? -errno : 0;
}

void ring_wake_fini(struct ring_wake *w)
{
	if (w->efd >= 0)
		close(w->efd);
	w->efd = -1;
}

// Every change of armed is a swap with acquire and release, never a plain store. So whichever
// comes second in its order sees what was done before the first: either the writer sees 1 and
// wakes, or the reader, arming later, sees the writer's message when it looks again.
void ring_wake_reader(struct ring_wake *w)
{
	static const uint64_t one = 1;

	if (atomic_exchange_explicit(&w->armed, 0, memory_order_acq_rel) == 0)
		return;
	atomic_fetch_add_explicit(&w->writes, 1, memory_order_relaxed);
	while (write(w->efd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void ring_wake_arm(struct ring_wake *w)
{
	atomic_exchange_explicit(&w->armed, 1, memory_order_acq_rel);
}

void ring_wake_drain(struct ring_wake *w)
{
	uint64_t count;

	while (read(w->efd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	atomic_exchange_explicit(&w->armed, 0, memory_order_acq_rel);
}
