// When a turn's records go on their way, and who is woken when they are there.
//
// A call leaves some ten records behind, of which one is waited for. Written one by one, each would
// cost the loop two calls of the kernel and a turn of its own for the completion. So all that a
// turn appends is one write, begun at its end; and while nobody waits for it, its completion wakes
// nobody: the end of the next turn looks, or a timer.
#include <stdatomic.h>

#include "control/eventlog/private.h"

#define LOOK_MS 20 // the longest that a completion which woke nobody stays unseen

static void look(void *arg)
{
	struct eventlog *l = arg;

	if (l->file.quiet)
		eventlog_file_wake(&l->file); // whoever polls has more to do with it than we
}

bool eventlog_loud(struct eventlog *l)
{
	struct eventlog_file *f = &l->file;

	if (!f->quiet)
		return false;
	f->quiet = false;
	(void)io_uring_cq_eventfd_toggle(&f->ring, true);
	atomic_thread_fence(memory_order_seq_cst); // what came meanwhile told nobody, or is here
	return io_uring_cq_ready(&f->ring);
}

void eventlog_heed(struct eventlog *l)
{
	if (eventlog_loud(l))
		eventlog_file_wake(&l->file);
}

// Only what is sure to need no second step: another batch, a new segment, a sync or a waiter want
// to hear at once.
static bool may_be_quiet(const struct eventlog *l)
{
	const struct eventlog_file *f = &l->file;
	const struct dlist *first = f->batches.next;

	return f->timers && f->step == FILE_IDLE && !f->error && !f->refused &&
		f->sync != EVENTLOG_SYNC_ALWAYS && l->snapshot.state == SNAPSHOT_NONE &&
		dlist_empty(&l->waiters) && !dlist_empty(first) && first->next == &f->batches &&
		!container_of(first, struct batch, link)->segment;
}

static void at_end(void *arg)
{
	struct eventlog *l = arg;
	struct eventlog_file *f = &l->file;

	if (f->quiet)
		eventlog_file_reap(f);
	if (f->step != FILE_IDLE) { // its end begins ours
		eventlog_heed(l);
		return;
	}
	if (!may_be_quiet(l))
		eventlog_heed(l);
	else if (!f->quiet && !io_uring_cq_eventfd_toggle(&f->ring, false))
		f->quiet = true;
	if (f->quiet && !timer_alive(&f->look))
		timer_start(f->timers, &f->look, LOOK_MS, look, l);
	eventlog_file_start(f);
}

void eventlog_soon(struct eventlog *l)
{
	l->late.fn = at_end;
	l->late.arg = l;
	l->late.first = true;
	if (!loop_later(&l->late))
		eventlog_file_start(&l->file);
}

void eventlog_quiet_end(struct eventlog *l)
{
	loop_never(&l->late);
	timer_cancel(&l->file.look);
	(void)eventlog_loud(l);
	if (!l->in_memory)
		eventlog_file_start(&l->file);
}
