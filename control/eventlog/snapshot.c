// Segments, and the snapshot that goes into each: begun where a segment begins, one piece a turn of
// the loop, ended only when all of it is in the log.
#include <string.h>

#include "control/eventlog/format.h"
#include "control/eventlog/private.h"
#include "engine/base/log.h"

LOG_TOPIC("eventlog");

static bool mark(struct eventlog *l, enum event_type type, const struct event *now, bool opens)
{
	struct event e = {
		.type = type,
		.wall_ns = now->wall_ns,
		.mono_ns = now->mono_ns,
		.tenant = "",
		.body = "{}",
		.body_len = 2,
	};

	l->restates = true;
	bool put = eventlog_record(l, &e, opens);
	l->restates = false;
	return put;
}

static void snapshot_begin(struct eventlog *l, const struct event *now, bool opens)
{
	l->snapshot.place = (struct eventlog_place){};
	l->snapshot.dropped = l->dropped;
	if (mark(l, EVENT_SNAPSHOT_BEGIN, now, opens))
		l->snapshot.state = SNAPSHOT_RUNS;
}

bool eventlog_turn(struct eventlog *l, const struct event *e)
{
	size_t bytes = event_bytes(strlen(e->tenant), e->body_len);

	// A segment whose snapshot is not whole yet takes what comes: turned now, it would be of no
	// use to a start.
	if (l->in_memory || l->restates || l->snapshot.state == SNAPSHOT_RUNS ||
		(l->snapshot.write && l->snapshot.state == SNAPSHOT_WANTED))
		return false;
	if (l->news_bytes && l->news_bytes + bytes > l->segment_max)
		l->turn = true;
	if (!l->turn || !l->snapshot.write)
		return l->turn;
	snapshot_begin(l, e, true);
	l->turn = l->snapshot.state != SNAPSHOT_RUNS;
	return l->turn; // there was no room for it
}

void eventlog_opened(struct eventlog *l, uint64_t sequence)
{
	l->turn = false;
	// The very first one holds the whole story.
	l->snapshot.state = sequence > 1 ? SNAPSHOT_WANTED : SNAPSHOT_NONE;
}

static void snapshot_end(struct eventlog *l, const struct event *now)
{
	bool whole = l->dropped == l->snapshot.dropped;

	l->snapshot.state = SNAPSHOT_WANTED;
	if (!whole || !mark(l, EVENT_SNAPSHOT_END, now, false)) {
		log_warn("the event log's snapshot lost records, it is made again");
		return;
	}
	l->snapshot.state = SNAPSHOT_NONE;
	eventlog_file_snapshot_ends(&l->file, l->last);
}

static bool piece_full(const struct eventlog *l)
{
	return l->piece.records >= l->piece_max || l->piece.bytes >= EVENTLOG_PIECE_BYTES ||
		l->piece.looks >= EVENTLOG_PIECE_LOOKS;
}

bool eventlog_piece_goes_on(struct eventlog *l)
{
	if (!l->piece.looks) // what was appended before was no piece's
		l->piece.records = l->piece.bytes = 0;
	if (!piece_full(l)) {
		l->piece.looks++;
		return true;
	}
	l->piece.records = l->piece.bytes = l->piece.looks = 0;
	l->piece.over = true;
	return false;
}

// As many parts of it as one piece's work reaches for.
static bool snapshot_piece(struct eventlog *l)
{
	uint64_t last = l->last, dropped = l->dropped;
	bool more = true;

	memset(&l->piece, 0, sizeof(l->piece));
	l->restates = true;
	while (more && !l->piece.over && !piece_full(l) && l->dropped == dropped)
		more = l->snapshot.write(l, &l->snapshot.place, l->snapshot.arg);
	l->restates = false;
	if (more && l->last == last) // no I/O will bring the next turn
		eventlog_file_wake(&l->file);
	return more;
}

void eventlog_snapshot_step(struct eventlog *l)
{
	struct event now = {};

	// While the disk refuses, the bound on held bytes is for news.
	if (l->in_memory || !l->snapshot.write || l->snapshot.state == SNAPSHOT_NONE ||
		l->file.error)
		return;
	l->clock(&now.wall_ns, &now.mono_ns, l->clock_arg);
	if (l->snapshot.state == SNAPSHOT_WANTED) {
		snapshot_begin(l, &now, false);
	} else {
		bool more = snapshot_piece(l);
		if (l->dropped != l->snapshot.dropped || !more)
			snapshot_end(l, &now);
	}
	eventlog_file_start(&l->file);
}

void eventlog_set_snapshot(struct eventlog *l, eventlog_snapshot_h *write, void *arg)
{
	l->snapshot.write = write;
	l->snapshot.arg = arg;
	if (!write && l->snapshot.state == SNAPSHOT_RUNS)
		l->snapshot.state = SNAPSHOT_WANTED;
}
