// Numbers without an order, of which one is drawn.
#include "bench/router/bag.h"

#include <stdlib.h>

#include "engine/base/check.h"

void bag_init(struct bag *b, uint32_t room)
{
	*b = (struct bag){.room = room};
	b->of = calloc(room, sizeof(*b->of));
	b->place = calloc(room, sizeof(*b->place));
	check(b->of != NULL && b->place != NULL);
}

void bag_fini(struct bag *b)
{
	free(b->of);
	free(b->place);
}

static uint32_t *place_of(struct bag *b, uint64_t n)
{
	return &b->place[n & (b->room - 1)];
}

void bag_add(struct bag *b, uint64_t n)
{
	check(b->count < b->room);
	*place_of(b, n) = b->count;
	b->of[b->count++] = n;
}

void bag_drop(struct bag *b, uint64_t n)
{
	uint32_t at = *place_of(b, n);
	check(at < b->count && b->of[at] == n);
	uint64_t last = b->of[--b->count];
	b->of[at] = last;
	*place_of(b, last) = at;
}

uint64_t bag_draw(const struct bag *b, struct rng *r)
{
	return b->of[rng_below(r, b->count)];
}
