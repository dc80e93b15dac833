// Red zones: poison or a pattern.
#include "engine/base/red.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/check.h"

#ifdef RED_POISONS
#include <sanitizer/asan_interface.h>
#endif

#define PATTERN 0xa5

#ifdef RED_POISONS

void red_begin(void *zone, size_t bytes)
{
	__asan_poison_memory_region(zone, bytes);
}

void red_look(void *zone, size_t bytes)
{
	(void)zone;
	(void)bytes;
}

void red_end(void *zone, size_t bytes)
{
	__asan_unpoison_memory_region(zone, bytes);
}

#else

void red_begin(void *zone, size_t bytes)
{
	memset(zone, PATTERN, bytes);
}

void red_look(void *zone, size_t bytes)
{
	const uint8_t *at = zone;

	check(at[0] == PATTERN && memcmp(at, at + 1, bytes - 1) == 0);
}

void red_end(void *zone, size_t bytes)
{
	red_look(zone, bytes);
}

#endif
