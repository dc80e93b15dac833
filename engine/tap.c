// Rings of tapped payloads, one per worker, and the recorder's wake.
#include "engine/tap.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"

struct tap {
	unsigned workers;
	unsigned next; // worker whose ring is looked at first: the recorder's
	struct ring *rings[WORKERS_MAX];
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
		t->rings[i] = ring_new(RING_SPSC, slots, sizeof(struct tap_frame));
		if (!t->rings[i]) {
			tap_free(t);
			return -ENOMEM;
		}
	}
	*out = t;
	return 0;
}

void tap_free(struct tap *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->workers; i++)
		ring_free(t->rings[i]);
	ring_wake_fini(&t->wake);
	free(t);
}

bool tap_push(struct tap *t, unsigned worker, const struct tap_frame *f)
{
	return ring_push(t->rings[worker], f);
}

void tap_wake(struct tap *t)
{
	ring_wake_reader(&t->wake);
}

// A frame from each worker in turn, so that no full ring starves another.
bool tap_take(struct tap *t, struct tap_frame *out)
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
