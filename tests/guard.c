// Closed pages around what libraries are given.
#include "dsp/guard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE	  4096u
#define ROOM	  (32 * PAGE) // more than an encoder of Opus
#define GIVEN_MAX 4	      // pointers in one call
#define BEFORE	  64
#define PATTERN	  0xa5

struct given {
	void *real;
	uint8_t *copy;
	size_t bytes;
	int writable;
};

static _Thread_local struct {
	uint8_t *room[GIVEN_MAX];
	struct given given[GIVEN_MAX];
	unsigned count;
} guard;

static uint8_t *room_of(unsigned i)
{
	if (guard.room[i])
		return guard.room[i];
	uint8_t *mem = mmap(NULL, PAGE + ROOM + PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || mprotect(mem, PAGE, PROT_NONE) ||
		mprotect(mem + PAGE + ROOM, PAGE, PROT_NONE))
		abort();
	guard.room[i] = mem + PAGE;
	return guard.room[i];
}

void *guard_copy(const void *real, size_t bytes, int writable)
{
	if (!real)
		return NULL;
	if (guard.count == GIVEN_MAX || bytes > ROOM - BEFORE)
		abort();
	uint8_t *copy = room_of(guard.count) + ROOM - bytes;
	memset(copy - BEFORE, PATTERN, BEFORE);
	memcpy(copy, real, bytes);
	guard.given[guard.count++] = (struct given){(void *)(uintptr_t)real, copy, bytes, writable};
	return copy;
}

void guard_end(void)
{
	for (unsigned i = 0; i < guard.count; i++) {
		const struct given *g = &guard.given[i];

		for (unsigned k = 1; k <= BEFORE; k++)
			if (g->copy[-(int)k] != PATTERN)
				abort();
		if (g->writable)
			memcpy(g->real, g->copy, g->bytes);
		else if (memcmp(g->real, g->copy, g->bytes) != 0)
			abort();
	}
	guard.count = 0;
}
