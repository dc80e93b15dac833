// Memory that is given back all at once: blocks in a list, filled from the front.
#include "control/config/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

struct config_arena {
	struct block *first;
};

struct config_arena *config_arena_new(void)
{
	return calloc(1, sizeof(struct config_arena));
}

void config_arena_free(struct config_arena *a)
{
	if (a == NULL)
		return;
	for (struct block *b = a->first; b != NULL;) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
	free(a);
}

static struct block *block_new(struct config_arena *a, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct block *b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->next = a->first;
	a->first = b;
	return b;
}

void *config_arena_take(struct config_arena *a, size_t bytes)
{
	size_t align = alignof(max_align_t);
	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + align - 1) / align * align;
	struct block *b = a->first;
	if (b == NULL || b->size - b->used < bytes)
		b = block_new(a, bytes);
	if (b == NULL)
		return NULL;
	void *taken = b->data + b->used;
	b->used += bytes;
	return taken;
}

char *config_arena_text(struct config_arena *a, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = config_arena_take(a, len);
	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}
