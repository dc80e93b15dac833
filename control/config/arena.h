// Memory that is given back all at once: a loaded configuration lives in one arena.
#pragma once

#include <stddef.h>

struct config_arena;

struct config_arena *config_arena_new(void); // NULL: no memory
void config_arena_free(struct config_arena *a);
// Zeroed and aligned for any type; NULL: no memory.
void *config_arena_take(struct config_arena *a, size_t bytes);
char *config_arena_text(struct config_arena *a, const char *text); // a copy
