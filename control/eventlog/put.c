// A record into the event log's memory: its sequence, and the batch that takes it.
#include <string.h>

#include "control/eventlog/format.h"
#include "control/eventlog/private.h"
#include "engine/base/log.h"

LOG_TOPIC("eventlog");

#define HELD_MAX (64ull << 20) // bytes kept in memory while the disk refuses them

// The batch that takes this record: the last one, unless it is being written or full.
static struct batch *eventlog_batch(struct eventlog *l, size_t bytes, uint64_t new_segment)
{
	struct eventlog_file *f = &l->file;
	struct batch *b = NULL;

	if (!dlist_empty(&f->batches))
		b = container_of(f->batches.prev, struct batch, link);
	// The first one is on its way to the disk even while an attempt waits for its repetition.
	if (b && &b->link != f->batches.next && !new_segment && b->len + bytes <= BATCH_BYTES)
		return b;
	return eventlog_file_batch(f, new_segment);
}

// Into memory of the log's own. False: the bound on held bytes is met.
static bool eventlog_copy(struct eventlog *l, const struct event *e, bool opens)
{
	struct eventlog_file *f = &l->file;
	size_t bytes = event_bytes(strlen(e->tenant), e->body_len);

	if (l->in_memory) {
		f->written = e->sequence;
		return true;
	}
	if (f->held + bytes > HELD_MAX)
		return false;
	struct batch *b = eventlog_batch(l, bytes, opens ? e->sequence : 0);
	if (!b)
		return false;
	event_encode(b->data + b->len, e);
	b->len += bytes;
	b->last_sequence = e->sequence;
	b->last_ns = f->wall_ns = e->wall_ns;
	f->held += bytes;
	if (opens)
		l->news_bytes = 0;
	if (!e->snapshot)
		l->news_bytes += bytes;
	return true;
}

bool eventlog_record(struct eventlog *l, struct event *e, bool opens)
{
	e->sequence = l->last + 1;
	e->snapshot = l->restates;
	if (!eventlog_copy(l, e, opens)) {
		if (!l->dropped++)
			log_error("the event log holds its bound in memory, records are lost");
		return false;
	}
	l->last++;
	l->piece.records++;
	l->piece.bytes += (uint32_t)event_bytes(strlen(e->tenant), e->body_len);
	if (l->feed && !e->snapshot)
		l->feed(e, l->feed_arg);
	return true;
}
