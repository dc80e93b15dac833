// What a process knows of the gate's mapping: where its parts lie. Shared by gate.c and
// gate_prompts.c, nobody else's business.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ring.h"
#include "engine/bounds.h"

#define GATE_MAGIC   0x65746167u // "gate"
#define GATE_VERSION 1

struct gate_prompts;
struct gate_shape;

// The head of the mapping. Offsets are bytes from its start.
struct gate_map {
	uint32_t magic, version;
	uint64_t bytes;
	uint32_t workers, ports, media, sessions; // the shape; sessions per worker
	uint64_t commands, events;		  // rings: first offset,
	uint64_t command_bytes, event_bytes;	  // and bytes of one
	uint64_t lives, worker_blocks, port_blocks, media_blocks;
	struct ring_wake control_wake;
	// Generation of the prompts that a worker uses: written by that worker.
	_Alignas(64) struct {
		_Alignas(64) _Atomic uint64_t prompts;
	} seen[WORKERS_MAX];
};

struct gate {
	struct gate_map *map;
	struct gate_shape *shape; // owned
	struct ring *commands[WORKERS_MAX], *events[WORKERS_MAX];
	uint32_t owed[WORKERS_MAX];		// DONE and CLOSED still to come: control's
	uint64_t generation;			// of prompts: control's
	_Atomic(struct gate_prompts *) prompts; // in force: written by control
	struct gate_prompts *retired;		// newest first: control's
};
