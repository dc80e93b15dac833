// The pool's two arrays: a FIFO of free slots and their generations.
#include "engine/base/pool.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"

int pool_init(struct pool *p, uint32_t slots)
{
	check(slots > 0 && slots < POOL_NONE);
	*p = (struct pool){.slots = slots, .head = 0, .tail = slots - 1};
	p->next = malloc(slots * sizeof(*p->next));
	p->generation = calloc(slots, sizeof(*p->generation));
	if (!p->next || !p->generation) {
		pool_fini(p);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < slots; i++)
		p->next[i] = i + 1 < slots ? i + 1 : POOL_NONE;
	return 0;
}

void pool_fini(struct pool *p)
{
	free(p->next);
	free(p->generation);
	*p = (struct pool){.head = POOL_NONE, .tail = POOL_NONE};
}

uint32_t pool_take(struct pool *p)
{
	uint32_t slot = p->head;

	if (slot == POOL_NONE)
		return POOL_NONE;
	p->head = p->next[slot];
	if (p->head == POOL_NONE)
		p->tail = POOL_NONE;
	p->generation[slot]++;
	p->used++;
	return slot;
}

void pool_give(struct pool *p, uint32_t slot)
{
	check(slot < p->slots && (p->generation[slot] & 1));
	p->generation[slot]++;
	p->used--;
	p->next[slot] = POOL_NONE;
	if (p->tail == POOL_NONE)
		p->head = slot;
	else
		p->next[p->tail] = slot;
	p->tail = slot;
}
