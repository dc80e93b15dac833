// sessions, workers, drops, ports and media addresses: the engine's counters.
#include <stdlib.h>
#include <string.h>

#include "control/base/load.h"
#include "control/media/gate.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "dsp/codec.h"
#include "engine/base/str.h"

static json_t *row_level(int dbm0)
{
	return dbm0 == MEDIA_LEVEL_NONE ? json_null() : json_integer(dbm0);
}

static json_t *session_row(const struct media_quality *q)
{
	char id[24];
	const struct codec *codec = codec_get(q->codec);
	str_format(id, sizeof(id), "%016llx", (unsigned long long)q->session);
	return json_pack("{s:s,s:i,s:o,s:o,s:s?,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:i,s:I,s:"
			 "I,s:b,s:o,s:b,s:I}",
		"session", id, "worker", (int)q->worker, "local", row_addr(&q->local), "remote",
		row_addr(&q->remote), "codec", codec ? codec->name : NULL, "rx_packets",
		(json_int_t)q->rx_packets, "tx_packets", (json_int_t)q->tx_packets, "rx_lost",
		(json_int_t)q->rx_lost, "rx_late", (json_int_t)q->rx_late, "rx_duplicate",
		(json_int_t)q->rx_duplicate, "rx_reordered", (json_int_t)q->rx_reordered,
		"rx_dropped", (json_int_t)q->rx_dropped, "concealed_ms",
		(json_int_t)q->concealed_ms, "jitter_us", (json_int_t)q->jitter_us, "round_trip_us",
		row_count(q->round_trip_us), "jitter_buffer_ms", (int)q->jitter_delay_ms,
		"far_lost", (json_int_t)q->far_lost, "digits_heard", (json_int_t)q->digits,
		"locked", q->locked, "level_dbm0", row_level(q->rx_level_dbm0), "speaks", q->speaks,
		"rx_moves", (json_int_t)q->rx_moves);
}

static void sessions_each(const struct media_quality *q, void *arg)
{
	request_row(arg, session_row(q));
}

static bool sessions_page(struct request *r)
{
	return media_sessions_page(request_env(r)->media, r->place, REQUEST_PAGE, sessions_each, r);
}

void command_run_SESSIONS_LIST(struct request *r)
{
	request_pages(r, sessions_page, sizeof(uint64_t), NULL);
}

void command_run_SESSIONS_SHOW(struct request *r)
{
	struct media_quality q;
	char *end, id[24];
	uint64_t number = strtoull(r->args[0], &end, 16);
	str_format(id, sizeof(id), "%016llx", (unsigned long long)number);
	if (strcmp(id, r->args[0]) != 0 || !media_session(request_env(r)->media, number, &q)) {
		request_fail(r, EXIT_MISSING, "no session %s", r->args[0]);
		return;
	}
	request_row(r, session_row(&q));
	request_done(r);
}

void command_run_WORKERS(struct request *r)
{
	for (unsigned i = 0; i < media_workers(request_env(r)->media); i++) {
		struct media_worker_status w;
		const struct load_figures *f = &request_env(r)->load->worker[i];
		media_worker_status(request_env(r)->media, i, &w);
		request_row(r,
			json_pack("{s:i,s:i,s:i,s:f,s:i,s:I,s:f,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
				"worker", (int)w.worker, "cpu", (int)w.cpu, "sessions",
				(int)w.sessions, "busy_percent", w.busy_permille / 10.0,
				"load_percent", (int)f->percent, "late_p99_us",
				(json_int_t)f->late_us, "stolen_percent", f->stolen_permille / 10.0,
				"rx_packets", (json_int_t)w.rx_packets, "tx_packets",
				(json_int_t)w.tx_packets, "ticks", (json_int_t)w.ticks,
				"ticks_late", (json_int_t)w.ticks_late, "host_gaps",
				(json_int_t)w.host_gaps, "host_gap_max_us",
				(json_int_t)(w.host_gap_max_ns / 1000), "tap_lost",
				(json_int_t)w.tap_lost, "notices_lost",
				(json_int_t)w.notices_lost));
	}
	request_done(r);
}

static void drops_each(const struct media_drop *d, void *arg)
{
	struct request *r = arg;
	if (d->count > 0 || request_option(r, "all") != NULL)
		request_row(r,
			json_pack("{s:s,s:I,s:s}", "reason", d->name, "packets",
				(json_int_t)d->count, "meaning", d->help));
}

// Reasons first, then the sum that must hold: delivered + dropped = received.
void command_run_DROPS(struct request *r)
{
	struct media_worker_status sum = {0};
	media_drops(request_env(r)->media, drops_each, r);
	for (unsigned i = 0; i < media_workers(request_env(r)->media); i++) {
		struct media_worker_status w;
		media_worker_status(request_env(r)->media, i, &w);
		sum.rx_packets += w.rx_packets;
		sum.delivered += w.delivered;
		sum.dropped += w.dropped;
	}
	const struct {
		const char *name, *meaning;
		uint64_t packets;
	} sums[] = {
		{"= dropped", "sum of the reasons", sum.dropped},
		{"+ delivered", "reached a session, or ARP, ND and ping answered", sum.delivered},
		{"= received", "all that the ports gave to the workers", sum.rx_packets},
	};
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		request_row(r,
			json_pack("{s:s,s:I,s:s}", "reason", sums[i].name, "packets",
				(json_int_t)sums[i].packets, "meaning", sums[i].meaning));
	request_done(r);
}

static void ports_each(const struct media_port_status *p, void *arg)
{
	request_row(arg,
		json_pack("{s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "port", p->name,
			"kind", p->kind, "mac", p->mac, "up", p->up, "rx_packets",
			(json_int_t)p->rx_packets, "tx_packets", (json_int_t)p->tx_packets,
			"rx_bytes", (json_int_t)p->rx_bytes, "tx_bytes", (json_int_t)p->tx_bytes,
			"rx_missed", (json_int_t)p->rx_missed, "rx_nombuf",
			(json_int_t)p->rx_nombuf, "rx_errors", (json_int_t)p->rx_errors,
			"tx_errors", (json_int_t)p->tx_errors));
}

void command_run_PORTS(struct request *r)
{
	media_ports(request_env(r)->media, ports_each, r);
	request_done(r);
}

static void media_each(const struct media_address_status *a, void *arg)
{
	request_row(arg,
		json_pack("{s:s,s:o,s:o,s:o,s:o,s:i}", "name", a->name, "address",
			row_addr(&a->address), "external", row_addr(&a->external), "gateway",
			row_addr(&a->gateway), "gateway_known",
			a->gateway.family ? json_boolean(a->gateway_known) : json_null(),
			"neighbours", (int)a->neighbours));
}

void command_run_MEDIA(struct request *r)
{
	media_addresses(request_env(r)->media, media_each, r);
	request_done(r);
}
