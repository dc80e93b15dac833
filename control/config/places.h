// Where each value of a loaded struct stood in its file: by the address of the field.
#pragma once

#include "control/config/arena.h"
#include "control/config/problems.h"

struct config_places {
	struct config_arena *keys; // owned
	struct config_slot *slots; // owned
	unsigned count, room;
	bool sorted;
};

struct config_slot {
	const void *address;
	const char *key;
	struct config_mark mark;
};

int config_places_init(struct config_places *p); // 0 or -ENOMEM
void config_places_fini(struct config_places *p);
int config_places_add(
	struct config_places *p, const void *slot, const char *key, struct config_mark mark);
const struct config_slot *config_places_find(struct config_places *p, const void *slot); // or NULL
