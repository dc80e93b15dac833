// Numbers without an order, of which one is drawn: callers that wait, agents that talk. Owned by
// its user, one thread; what no memory is left for ends the program.
#pragma once

#include <stdint.h>

#include "engine/base/rng.h"

struct bag {
	uint64_t *of;
	uint32_t *place; // of a number among them, by its lower bits
	uint32_t count, room;
};

void bag_init(struct bag *b, uint32_t room); // a power of two; the numbers in it differ below it
void bag_fini(struct bag *b);
void bag_add(struct bag *b, uint64_t n);
void bag_drop(struct bag *b, uint64_t n);	       // which is in it
uint64_t bag_draw(const struct bag *b, struct rng *r); // it stays; not empty
