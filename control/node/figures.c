// The trunks' figures in the event log, and back from it.
#include "control/node/figures.h"

#include "control/eventlog/eventlog.h"
#include "control/eventlog/figures.h"
#include "control/rebuild/rebuild.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"

static void trunk_write(const struct ua_trunk_status *t, void *arg)
{
	struct figures n = {.since = t->since_wall_ns,
		.calls = t->calls,
		.rejected = t->rejected,
		.calls_out = t->calls_out,
		.failed_out = t->failed_out,
		.last = t->last_wall_ns};

	if (n.since == 0)
		return;
	(void)addr_text(&t->last_source, n.last_source);
	figures_write(arg, FIGURES_TRUNK, t->tenant, t->name, &n);
}

static void write_counted(void *arg)
{
	const struct trunk_figures *f = arg;

	ua_trunks_counted(f->ua, trunk_write, f->pace.log);
}

void figures_start(
	struct trunk_figures *f, struct ua *ua, struct eventlog *log, struct timers *timers)
{
	f->ua = ua;
	f->pace = (struct figures_pace){
		.timers = timers, .log = log, .write = write_counted, .arg = f};
}

void figures_stop(struct trunk_figures *f)
{
	figures_flush(&f->pace);
}

void figures_trunk_counted(struct trunk_figures *f)
{
	figures_counted(&f->pace);
}

struct piece {
	struct eventlog *log;
	uint64_t below; // serials; 0: all
	bool more;
};

static void piece_each(const struct ua_trunk_status *t, void *arg)
{
	struct piece *p = arg;

	if (p->more || (p->below && t->serial >= p->below))
		return;
	p->more = !eventlog_piece_goes_on(p->log);
	if (p->more)
		return;
	trunk_write(t, p->log);
	p->below = t->serial;
}

// Trunks come and go by reloads between two pieces.
bool figures_snapshot(struct ua *ua, struct eventlog *log, uint64_t *from)
{
	struct piece p = {log, *from, false};

	ua_trunks(ua, piece_each, &p);
	*from = p.below;
	return p.more;
}

void figures_restore_trunks(struct ua *ua, const struct rebuild *rebuild)
{
	for (size_t i = 0; i < rebuild->figures_count; i++) {
		const struct rebuild_figures *r = &rebuild->figures[i];
		struct ua_trunk_status t = {.calls = r->n.calls,
			.rejected = r->n.rejected,
			.calls_out = r->n.calls_out,
			.failed_out = r->n.failed_out,
			.last_wall_ns = r->n.last,
			.since_wall_ns = r->n.since};
		if (r->of != FIGURES_TRUNK)
			continue;
		if (addr_parse(r->n.last_source, &t.last_source) != 0)
			t.last_source = (struct addr){0};
		ua_trunk_restore(ua, r->tenant, r->name, &t);
	}
}
