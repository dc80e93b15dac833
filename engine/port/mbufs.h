// Packet buffers: a pool for each worker.
#pragma once

#include <stdint.h>

#include "engine/config.h"

struct rte_mempool;

uint64_t mbufs_memory(const struct engine_config *config); // of EAL, for the pools of all workers
// NULL and one sentence: no memory.
struct rte_mempool *mbufs_new(
	const struct engine_config *config, unsigned worker, char error[ENGINE_ERROR_MAX]);
void mbufs_free(struct rte_mempool *pool); // NULL allowed
