// The rings of bridges between two workers.
#include <errno.h>

#include "engine/bridge/bridge.h"
#include "engine/bridge/bridge_msg.h"

#define RING_SLOTS_ALL	 8192 // shared out between a worker's peers
#define RING_SLOTS_LEAST 64

static uint32_t ring_slots(unsigned workers)
{
	uint32_t slots = RING_SLOTS_ALL / workers;

	return slots < RING_SLOTS_LEAST ? RING_SLOTS_LEAST : slots;
}

int bridge_rings_init(struct session_table *t, struct worker *w)
{
	for (unsigned i = 0; i < t->workers; i++) {
		if (i == w->id)
			continue;
		t->from_peer[i] =
			ring_new(RING_SPSC, ring_slots(t->workers), sizeof(struct bridge_msg));
		if (!t->from_peer[i])
			return -ENOMEM;
	}
	return 0;
}

void bridge_rings_fini(struct session_table *t)
{
	for (unsigned i = 0; i < t->workers; i++) {
		if (t->from_peer[i])
			ring_free(t->from_peer[i]);
	}
}
