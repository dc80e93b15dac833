// Rings between workers.
#include "engine/net/hand.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"

_Static_assert(sizeof(struct hand_item) == 48, "small, it is copied twice");

// Few workers have long rings; many have short ones, for they are as many as the square.
static uint32_t hand_slots(unsigned workers)
{
	uint32_t slots = HAND_SLOTS * 4 / workers;

	if (slots > HAND_SLOTS)
		return HAND_SLOTS;
	return slots < HAND_SLOTS / 16 ? HAND_SLOTS / 16 : slots;
}

int hand_new(unsigned workers, struct hand **out)
{
	struct hand *h = calloc(workers, sizeof(*h));

	if (!h)
		return -ENOMEM;
	for (unsigned i = 0; i < workers; i++) {
		h[i].id = i;
		h[i].workers = workers;
	}
	for (unsigned i = 0; i < workers * workers; i++) {
		unsigned from = i / workers, to = i % workers;

		if (from == to)
			continue;
		h[from].out[to] =
			ring_new(RING_SPSC, hand_slots(workers), sizeof(struct hand_item));
		if (!h[from].out[to]) {
			hand_free(h);
			return -ENOMEM;
		}
		h[to].in[from] = h[from].out[to];
	}
	*out = h;
	return 0;
}

void hand_free(struct hand *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->workers; i++)
		for (unsigned to = 0; to < h->workers; to++)
			ring_free(h[i].out[to]);
	free(h);
}

bool hand_push(struct hand *h, unsigned to, const struct hand_item *item)
{
	check(to != h->id && to < h->workers);
	return ring_push(h->out[to], item);
}

bool hand_pop(struct hand *h, struct hand_item *out)
{
	for (unsigned i = 0; i < h->workers; i++) {
		unsigned from = h->next;

		if (h->in[from] && ring_pop(h->in[from], out))
			return true; // go on with this one: its reader's cache is warm
		h->next = from + 1 < h->workers ? from + 1 : 0;
	}
	return false;
}
