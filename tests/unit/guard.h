// Memory whose last byte is the last one that may be touched: the page behind it is closed, so a
// byte too many ends the test, whoever writes it. Sanitizers do not see into libraries.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static inline void *guard_new(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
	uint8_t *mem =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(mem != MAP_FAILED);
	ck_assert_int_eq(mprotect(mem + room, page, PROT_NONE), 0);
	return mem + room - bytes;
}

static inline void guard_free(void *mem, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;

	munmap((uint8_t *)mem + bytes - room, room + page);
}
