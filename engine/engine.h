// The engine as its owner sees it: configure, start, stop. Everything else goes by gate.h.
// Called by the main thread (which is or becomes the control thread), before and after the
// workers run; errors come as text, because only start-up can fail and a person reads it.
#pragma once

#include "engine/config.h"

struct gate;
struct tap;
struct engine;

// Starts EAL (once in a process's life), ports and pinned workers. On failure returns -errno and
// writes one sentence that names the cause and the cure. gate and tap stay the engine's.
int engine_start(
	const struct engine_config *config, struct engine **out, char error[ENGINE_ERROR_MAX]);
// The same in two steps: open makes ports and workers but no worker runs, so that a test or a
// bench drives worker_poll itself, on its own thread and with its own time; launch starts them.
int engine_open(
	const struct engine_config *config, struct engine **out, char error[ENGINE_ERROR_MAX]);
int engine_launch(struct engine *e, char error[ENGINE_ERROR_MAX]);
struct gate *engine_gate(struct engine *e);
struct tap *engine_tap(struct engine *e);
struct worker *engine_worker(struct engine *e, unsigned id);

// The far side of a PORT_RING: what a test enqueues to ENGINE_RING_RX is received, what was sent
// is dequeued from ENGINE_RING_TX. NULL for other kinds. The mbufs come from engine_ring_pool.
struct rte_ring;
struct rte_mempool;
enum engine_ring_side { ENGINE_RING_RX, ENGINE_RING_TX };
struct rte_ring *engine_port_ring(
	struct engine *e, unsigned port, unsigned queue, enum engine_ring_side side);
struct rte_mempool *engine_ring_pool(struct engine *e);

// What of a start the machine would refuse, as far as it is known without one; nothing is made.
// 0, or -errno and the sentence of the start: of a port's device, of the workers' CPUs, of the
// hugepages that are free now.
int engine_look_port(
	const struct engine_config *config, unsigned port, char error[ENGINE_ERROR_MAX]);
int engine_look_cores(const struct engine_config *config, char error[ENGINE_ERROR_MAX]);
int engine_look_hugepages(const struct engine_config *config, char error[ENGINE_ERROR_MAX]);

void engine_stop(struct engine *e); // stops the workers, closes the ports, frees everything
