// Lock-free rings of fixed-size messages by value, C11 atomics. The ring is position
// independent (no pointers), so that it can lie in a mapping shared by two processes.
//   SPSC: ring_push        / ring_pop   one writer, one reader
//   MPSC: ring_push_shared / ring_pop   many writers (Vyukov's per-slot sequence), one reader
// A ring is of one kind from ring_init to its end; check() guards it.
//
// Waking a sleeping reader (design: "armed" word and eventfd): the reader drains, arms, looks
// again, sleeps; the writer that swaps armed from 1 to 0 writes the eventfd, once.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ring_kind { RING_SPSC = 1, RING_MPSC = 2 };

struct ring {
	uint32_t kind, slots, slot_size, stride, mask; // constant after init; slots: power of 2
	_Alignas(64) _Atomic uint32_t head; // next slot to write: written by the producer(s)
	uint32_t tail_seen;		    // SPSC producer's copy of tail
	_Alignas(64) _Atomic uint32_t tail; // next slot to read: written by the reader
	uint32_t head_seen;		    // SPSC reader's copy of head
	_Alignas(64) unsigned char data[];  // slots (MPSC: each led by its sequence word)
};

// Bytes a ring needs, a multiple of 64. slots is rounded up to a power of two.
size_t ring_bytes(enum ring_kind kind, uint32_t slots, uint32_t slot_size);
// mem: ring_bytes() bytes, 64-byte aligned, owned by the caller for the ring's life.
struct ring *ring_init(void *mem, enum ring_kind kind, uint32_t slots, uint32_t slot_size);
struct ring *ring_new(enum ring_kind kind, uint32_t slots, uint32_t slot_size); // NULL: no memory
void ring_free(struct ring *r);							// of ring_new only

bool ring_push(struct ring *r, const void *msg);	// false: full
bool ring_push_shared(struct ring *r, const void *msg); // false: full
bool ring_pop(struct ring *r, void *msg);		// false: empty
bool ring_pop_wiped(struct ring *r, void *msg); // SPSC; of what was read nothing stays there
uint32_t ring_free_slots(const struct ring *r); // producer's view, SPSC exact
uint32_t ring_count(const struct ring *r);	// any thread's view, may be stale

struct ring_wake {
	_Alignas(64) _Atomic uint32_t armed; // 1: the reader sleeps or is about to
	int efd;			     // eventfd, made by ring_wake_init
	_Atomic uint64_t writes;	     // eventfd writes so far, for statistics
};

int ring_wake_init(struct ring_wake *w); // 0 or -errno
void ring_wake_fini(struct ring_wake *w);
void ring_wake_reader(struct ring_wake *w); // after a push: wakes the reader if it is armed
// Reader, before sleeping: arms and returns true when every ring it reads must be looked at
// once more and, if all are empty, it may sleep on efd.
void ring_wake_arm(struct ring_wake *w);
void ring_wake_drain(struct ring_wake *w); // after waking: empties the eventfd and disarms
