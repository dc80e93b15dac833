// DPDK's environment: memory, pinned lcores, its log.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "engine/config.h"

#define EAL_LINE_MAX 160

// Once in a process's life. Main stays on the caller's thread, worker i is lcore i + 1. memory:
// bytes that pools and tables need. log: takes what EAL says. On failure one sentence.
int eal_start(const struct engine_config *config, uint64_t memory, FILE *log,
	char error[ENGINE_ERROR_MAX]);
// Whether each worker may run on its CPU: 0, or -EINVAL with the sentence of a start.
int eal_look(const struct engine_config *config, char error[ENGINE_ERROR_MAX]);
void eal_stop(void);
static inline unsigned eal_lcore(unsigned worker)
{
	return worker + 1;
}
