// What a worker tells of itself and, worker 0, of ports and media addresses.
#include "engine/stats.h"

#include "engine/net/neigh.h"
#include "engine/port/port.h"
#include "engine/session/session.h"

#define SECOND_NS 1000000000ull

void stats_tick(struct worker *w)
{
	gate_worker_write(w->gate, w->id, w->stats);
}

static void stats_port(struct worker *w, unsigned index, const struct port *p)
{
	struct gate_port block;

	port_stats(p, &block);
	gate_port_write(w->gate, index, &block);
}

static void stats_media(struct worker *w, uint8_t media)
{
	uint32_t gateway = neigh_gateway(w->neigh, media);
	struct gate_media block = {.address = w->config->medium[media].ip,
		.gateway = w->config->medium[media].gateway,
		.neighbours = neigh_count(w->neigh, media)};

	if (gateway != NEIGH_NONE) {
		const struct neighbour *e = neigh_at(w->neigh, gateway);

		block.gateway_known = e->state != NEIGH_ASKING && !e->silent;
		block.gateway_lost = e->lost;
	}
	gate_media_write(w->gate, media, &block);
}

void stats_second(struct worker *w, struct port *ports)
{
	struct gate_worker *s = w->stats;
	uint64_t busy_ns = w->busy_ns < SECOND_NS ? w->busy_ns : SECOND_NS;

	s->busy_permille = (uint32_t)(busy_ns * 1000 / SECOND_NS);
	s->sessions = session_table_count(w->sessions);
	w->busy_ns = 0;
	if (w->id != 0)
		return;
	// The wake-ups of all workers are counted where they happen, and told by one.
	s->eventfd_writes =
		atomic_load_explicit(&gate_control_wake(w->gate)->writes, memory_order_relaxed);
	s->eventfd_writes +=
		atomic_load_explicit(&tap_recorder_wake(w->tap)->writes, memory_order_relaxed);
	for (unsigned i = 0; i < w->config->ports; i++)
		stats_port(w, i, &ports[i]);
	for (uint8_t i = 0; i < w->config->media; i++)
		stats_media(w, i);
}
