// The engine as its owner sees it: configure, start, stop. Everything else goes by gate.h.
// Called by the main thread (which is or becomes the control thread), before and after the
// workers run; errors come as text, because only start-up can fail and a person reads it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/bounds.h"

struct gate;
struct tap;

enum port_kind {
	PORT_TAP,
	PORT_AF_PACKET,
	PORT_AF_XDP,
	PORT_RING,
	PORT_NULL,
	PORT_MEMIF,
	PORT_PCI
};

struct engine_port {
	char name[32]; // ours, for people: "media0"
	enum port_kind kind;
	char device[64];     // tap and af_*: interface name; PCI: address; memif: socket path
	char extra[128];     // further device arguments, verbatim: "xdp_prog=/usr/lib/…"
	struct addr host_ip; // tap: address that the kernel's end gets; family 0: left alone
	uint8_t host_bits;
	uint16_t queues; // 0: one per worker where the driver can, else 1
};

struct engine_media { // a media address
	char name[32];
	uint16_t port; // index into ports
	struct addr ip;
	uint8_t bits;		   // prefix length
	struct addr gateway;	   // family 0: everything is on the link
	uint16_t vlan;		   // 0: untagged
	uint8_t dscp;		   // 46 = EF
	uint16_t rtp_min, rtp_max; // even … odd, RTP on even ports
};

struct engine_config {
	unsigned workers;
	int16_t cores[WORKERS_MAX]; // CPU of each worker, -1: EAL's choice
	uint32_t sessions;	    // all workers together
	bool spin;		    // never nap
	bool hugepages;		    // false: --no-huge, memory computed from sessions
	char eal_args[256];	    // further EAL arguments, verbatim
	unsigned ports, media;
	struct engine_port port[PORTS_MAX];
	struct engine_media medium[MEDIA_MAX];
};

struct engine;

#define ENGINE_ERROR_MAX 512

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

void engine_stop(struct engine *e); // stops the workers, closes the ports, frees everything
