// The engine's counters as operators see them, read from the gate.
#include <string.h>

#include "control/config/config.h"
#include "control/media/state.h"

static struct {
	const char *name;
	struct addr external;
} addresses[MEDIA_MAX];

const char *media_command_name(uint16_t command)
{
	static const char *const names[] = {
		[GATE_OPEN] = "open",
		[GATE_REMOTE] = "remote",
		[GATE_PLAY] = "play",
		[GATE_STOP] = "stop",
		[GATE_COLLECT] = "collect",
		[GATE_MASK] = "mask",
		[GATE_INFO_DIGIT] = "info digit",
		[GATE_SEND_DIGITS] = "send digits",
		[GATE_TONE] = "tone",
		[GATE_BRIDGE] = "bridge",
		[GATE_UNBRIDGE] = "unbridge",
		[GATE_MIX] = "mix",
		[GATE_WATCH] = "watch",
		[GATE_RECORD] = "record",
		[GATE_CLOSE] = "close",
	};
	if (command >= sizeof(names) / sizeof(names[0]) || names[command] == NULL)
		return "unknown";
	return names[command];
}

void media_names_set(const struct config *config)
{
	memset(addresses, 0, sizeof(addresses));
	for (unsigned i = 0; i < config->engine.media_count && i < MEDIA_MAX; i++) {
		addresses[i].name = config->engine.media[i].name;
		addresses[i].external = config->engine.media[i].external;
	}
}

void media_quality_from_live(const struct gate_live *live, struct media_quality *out)
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

unsigned media_workers(void)
{
	return gate_shape(media_gate())->workers;
}

static uint64_t drops_sum(const struct gate_worker *w)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < GATE_REASONS_MAX; i++)
		sum += w->drops[i];
	return sum;
}

void media_worker_status(unsigned worker, struct media_worker_status *out)
{
	struct gate_worker w;
	gate_worker_read(media_gate(), worker, &w);
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

void media_drops(void (*each)(const struct media_drop *d, void *arg), void *arg)
{
	uint64_t sum[GATE_REASONS_MAX] = {0};
	struct gate_worker w;
	for (unsigned i = 0; i < media_workers(); i++) {
		gate_worker_read(media_gate(), i, &w);
		for (unsigned r = 0; r < GATE_REASONS_MAX; r++)
			sum[r] += w.drops[r];
	}
	for (unsigned r = 0; gate_drop_name(r) != NULL; r++) {
		struct media_drop d = {gate_drop_name(r), gate_drop_help(r), sum[r]};
		each(&d, arg);
	}
}

void media_ports(void (*each)(const struct media_port_status *p, void *arg), void *arg)
{
	for (unsigned i = 0; i < gate_shape(media_gate())->ports; i++) {
		struct gate_port g;
		gate_port_read(media_gate(), i, &g);
		struct media_port_status p = {
			.up = g.up && links_up(&media.links, i),
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

void media_addresses(void (*each)(const struct media_address_status *a, void *arg), void *arg)
{
	for (unsigned i = 0; i < gate_shape(media_gate())->media; i++) {
		struct gate_media g;
		gate_media_read(media_gate(), i, &g);
		struct media_address_status a = {
			.name = addresses[i].name ? addresses[i].name : "?",
			.address = g.address,
			.gateway = g.gateway,
			.external = addresses[i].external,
			.gateway_known = g.gateway_known,
			.neighbours = g.neighbours,
		};
		each(&a, arg);
	}
}

bool media_sessions_page(uint64_t *from, unsigned most,
	void (*each)(const struct media_quality *q, void *arg), void *arg)
{
	const struct gate_shape *shape = gate_shape(media_gate());
	uint64_t end = (uint64_t)shape->workers * shape->sessions;
	uint64_t stop = *from + MEDIA_SESSION_PLACES < end ? *from + MEDIA_SESSION_PLACES : end;
	while (*from < stop && most > 0) {
		struct gate_live live;
		struct media_quality q;
		unsigned worker = (unsigned)(*from / shape->sessions);
		uint32_t slot = (uint32_t)(*from % shape->sessions);
		++*from;
		if (!gate_live_at(media_gate(), worker, slot, &live) || live.closed)
			continue; // of a closed session only the last figures are left
		media_quality_from_live(&live, &q);
		each(&q, arg);
		most--;
	}
	return *from < end;
}

bool media_session(uint64_t session, struct media_quality *out)
{
	struct gate_live live;
	unsigned worker = gate_session_worker(session);
	uint32_t slot = (uint32_t)session;
	const struct gate_shape *shape = gate_shape(media_gate());
	if (worker >= shape->workers || slot >= shape->sessions ||
		!gate_live_at(media_gate(), worker, slot, &live) || live.closed ||
		live.session != session)
		return false;
	media_quality_from_live(&live, out);
	return true;
}
