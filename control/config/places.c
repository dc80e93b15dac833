// Where each value of a loaded struct stood in its file: an array, sorted when first asked.
#include "control/config/places.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int config_places_init(struct config_places *p)
{
	*p = (struct config_places){.keys = config_arena_new()};
	return p->keys ? 0 : -ENOMEM;
}

void config_places_fini(struct config_places *p)
{
	config_arena_free(p->keys);
	free(p->slots);
	*p = (struct config_places){0};
}

int config_places_add(
	struct config_places *p, const void *slot, const char *key, struct config_mark mark)
{
	if (p->count == p->room) {
		unsigned room = p->room ? p->room * 2 : 256;
		struct config_slot *slots = realloc(p->slots, room * sizeof(*slots));
		if (slots == NULL)
			return -ENOMEM;
		p->slots = slots;
		p->room = room;
	}
	const char *copy = config_arena_text(p->keys, key);
	if (copy == NULL)
		return -ENOMEM;
	p->slots[p->count++] = (struct config_slot){slot, copy, mark};
	p->sorted = false;
	return 0;
}

static int slot_order(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct config_slot *)a)->address;
	uintptr_t y = (uintptr_t)((const struct config_slot *)b)->address;
	return (x > y) - (x < y);
}

const struct config_slot *config_places_find(struct config_places *p, const void *slot)
{
	if (p->count == 0)
		return NULL;
	if (!p->sorted) {
		qsort(p->slots, p->count, sizeof(*p->slots), slot_order);
		p->sorted = true;
	}
	struct config_slot wanted = {.address = slot};
	return bsearch(&wanted, p->slots, p->count, sizeof(*p->slots), slot_order);
}
