// The engine's counters as operators see them, read from the gate.
#include <string.h>

#include "control/config/config.h"
#include "control/media/state.h"

static void quality_from_live(const struct gate_live *live, struct media_quality *out)
{
	*out = (struct media_quality){
		.local = live->local,
		.remote = live->remote,
		.codec = live->codec,
		.session = live->session,
		.worker = gate_session_worker(live->session),
		.rx_packets = live->rx_packets,
		.tx_packets = live->tx_packets,
		.rx_lost = live->rx_lost,
		.rx_late = live->rx_late,
		.rx_duplicate = live->rx_duplicate,
		.rx_reordered = live->rx_reordered,
		.rx_dropped = live->rx_dropped,
		.rx_moves = live->rx_moves,
		.concealed_ms = live->concealed_ms,
		.jitter_us = live->jitter_us,
		.round_trip_us = live->round_trip_us,
		.jitter_delay_ms = live->jitter_delay_ms,
		.far_lost = live->far_lost,
		.digits = live->digits,
		.locked = live->locked,
		.speaks = live->speaks,
		.rx_level_dbm0 = live->rx_level_dbm0,
	};
}

bool media_quality(const struct media_voice *v, struct media_quality *out)
{
	struct gate_live live;
	if (v == NULL || v->session == 0 || !gate_live_read(v->media->gate, v->session, &live))
		return false;
	quality_from_live(&live, out);
	return true;
}

unsigned media_workers(const struct media *m)
{
	return gate_shape(m->gate)->workers;
}

static uint64_t drops_sum(const struct gate_worker *w)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < GATE_REASONS_MAX; i++)
		sum += w->drops[i];
	return sum;
}

void media_worker_status(const struct media *m, unsigned worker, struct media_worker_status *out)
{
	struct gate_worker w;
	gate_worker_read(m->gate, worker, &w);
	*out = (struct media_worker_status){
		.worker = worker,
		.cpu = w.cpu,
		.sessions = w.sessions,
		.busy_permille = w.busy_permille,
		.rx_packets = w.rx_packets,
		.tx_packets = w.tx_packets,
		.rx_bytes = w.rx_bytes,
		.tx_bytes = w.tx_bytes,
		.delivered = w.delivered,
		.dropped = drops_sum(&w),
		.tx_drops = w.tx_drops,
		.ticks = w.ticks,
		.ticks_late = w.ticks_late,
		.host_gaps = w.host_gaps,
		.host_gap_ns = w.host_gap_ns,
		.watched_ns = w.watched_ns,
		.taken_ns = w.taken_ns,
		.host_gap_max_ns = w.host_gap_max_ns,
		.tap_lost = w.tap_lost,
		.notices_lost = w.notices_lost,
		.busy_ns = w.busy_ns,
	};
	memcpy(out->late, w.late, sizeof(out->late));
}

void media_drops(
	const struct media *m, void (*each)(const struct media_drop *d, void *arg), void *arg)
{
	uint64_t sum[GATE_REASONS_MAX] = {0};
	struct gate_worker w;
	for (unsigned i = 0; i < media_workers(m); i++) {
		gate_worker_read(m->gate, i, &w);
		for (unsigned r = 0; r < GATE_REASONS_MAX; r++)
			sum[r] += w.drops[r];
	}
	for (unsigned r = 0; gate_drop_name(r) != NULL; r++) {
		struct media_drop d = {gate_drop_name(r), gate_drop_help(r), sum[r]};
		each(&d, arg);
	}
}

void media_ports(const struct media *m, void (*each)(const struct media_port_status *p, void *arg),
	void *arg)
{
	for (unsigned i = 0; i < gate_shape(m->gate)->ports; i++) {
		struct gate_port g;
		gate_port_read(m->gate, i, &g);
		struct media_port_status p = {
			.up = g.up && links_up(&m->links, i),
			.rx_packets = g.rx_packets,
			.tx_packets = g.tx_packets,
			.rx_bytes = g.rx_bytes,
			.tx_bytes = g.tx_bytes,
			.rx_missed = g.rx_missed,
			.rx_nombuf = g.rx_nombuf,
			.rx_errors = g.rx_errors,
			.tx_errors = g.tx_errors,
		};
		memcpy(p.name, g.name, sizeof(p.name));
		memcpy(p.kind, g.kind, sizeof(p.kind));
		memcpy(p.mac, g.mac, sizeof(p.mac));
		each(&p, arg);
	}
}

void media_addresses(const struct media *m,
	void (*each)(const struct media_address_status *a, void *arg), void *arg)
{
	for (unsigned i = 0; i < gate_shape(m->gate)->media; i++) {
		struct gate_media g;
		gate_media_read(m->gate, i, &g);
		struct media_address_status a = {
			.name = m->addresses[i].name ? m->addresses[i].name : "?",
			.address = g.address,
			.gateway = g.gateway,
			.external = m->addresses[i].external,
			.gateway_known = g.gateway_known,
			.neighbours = g.neighbours,
		};
		each(&a, arg);
	}
}

bool media_sessions_page(const struct media *m, uint64_t *from, unsigned most,
	void (*each)(const struct media_quality *q, void *arg), void *arg)
{
	const struct gate_shape *shape = gate_shape(m->gate);
	uint64_t end = (uint64_t)shape->workers * shape->sessions;
	uint64_t stop = *from + MEDIA_SESSION_PLACES < end ? *from + MEDIA_SESSION_PLACES : end;
	while (*from < stop && most > 0) {
		struct gate_live live;
		struct media_quality q;
		unsigned worker = (unsigned)(*from / shape->sessions);
		uint32_t slot = (uint32_t)(*from % shape->sessions);
		++*from;
		if (!gate_live_at(m->gate, worker, slot, &live) || live.closed)
			continue; // of a closed session only the last figures are left
		quality_from_live(&live, &q);
		each(&q, arg);
		most--;
	}
	return *from < end;
}

bool media_session(const struct media *m, uint64_t session, struct media_quality *out)
{
	struct gate_live live;
	unsigned worker = gate_session_worker(session);
	uint32_t slot = (uint32_t)session;
	const struct gate_shape *shape = gate_shape(m->gate);
	if (worker >= shape->workers || slot >= shape->sessions ||
		!gate_live_at(m->gate, worker, slot, &live) || live.closed ||
		live.session != session)
		return false;
	quality_from_live(&live, out);
	return true;
}

void media_counts(const struct media *m, struct media_counts *out)
{
	*out = m->counts;
	for (unsigned i = 0; i < m->workers; i++) {
		uint32_t tickets, backlog;
		media_post_counts(&m->post, i, &tickets, &backlog);
		out->tickets += tickets;
		out->backlog += backlog;
		out->mixers += m->mixers[i].used;
		out->mixed += m->mixers[i].places;
		out->mixers_max += gate_shape(m->gate)->mix.mixers;
		out->mixed_max += gate_shape(m->gate)->mix.mixed;
		for (unsigned c = 0; c < CODEC_COUNT; c++) {
			out->coders[c] += m->coders[i][c];
			out->coders_max[c] += m->coders_max[c];
		}
	}
}
