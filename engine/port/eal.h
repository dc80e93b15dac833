// DPDK's environment: memory, pinned lcores, its log.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "engine/config.h"

#define EAL_LINE_MAX 160
#define EAL_OWN_MIB  64ull // for EAL itself and the drivers

struct eal;

// Once in a process's life: DPDK itself refuses a second time. Main stays on the caller's thread.
// memory: bytes that pools and tables need. log: takes what EAL says. On failure -errno and, where
// EAL was not asked yet, one sentence; *out may be there all the same, for eal_stop.
int eal_start(const struct engine_config *config, uint64_t memory, FILE *log, struct eal **out,
	char error[ENGINE_ERROR_MAX]);
// Whether each worker may run on its CPU: 0, or -EINVAL with the sentence of a start.
int eal_look(const struct engine_config *config, char error[ENGINE_ERROR_MAX]);
void eal_stop(struct eal *eal); // NULL allowed

// A worker's lcore: its CPU and socket, its thread.
typedef int eal_thread_fn(void *arg);
unsigned eal_cpu(unsigned worker);
int eal_socket(unsigned worker);
int eal_launch(unsigned worker, eal_thread_fn *thread, void *arg); // 0 or -errno
void eal_wait(unsigned worker);					   // until its thread has ended
