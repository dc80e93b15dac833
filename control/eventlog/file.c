// The event log's operations on its io_uring: open a segment, write, sync, wait and try again.
#include "control/eventlog/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/eventlog/format.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("eventlog");

#define BATCHES_SPARE 4
_Static_assert(BATCH_BYTES >= EVENT_RECORD_MAX, "the largest record fits a batch");

#define AGAIN_MS 10 // until a refused queue is offered again
#define SYNC_MS	 1000

// What a completion was for; the main operation's step is in the file.
enum file_tag { TAG_STEP = 1, TAG_CLOSE, TAG_UNLINK, TAG_SYNC, TAG_SYNC_CLOSING, TAG_ALIVE };

static void file_begin(struct eventlog_file *f, enum file_step step);

static void file_later(struct eventlog_file *f, struct timer *t, uint64_t ms, timer_h *fn)
{
	if (f->timers)
		timer_start(f->timers, t, ms, fn, f);
}

static struct batch *file_first(struct eventlog_file *f)
{
	return dlist_empty(&f->batches) ? NULL : container_of(f->batches.next, struct batch, link);
}

static void file_again(void *arg);

// Nothing will wake us for what the kernel did not take: the timer does.
static void file_refused(struct eventlog_file *f, int error)
{
	if (!f->refused)
		log_warn("io_uring takes nothing for now, it is tried again: %s", strerror(-error));
	f->refused = true;
	file_later(f, &f->again, AGAIN_MS, file_again);
}

static struct io_uring_sqe *file_sqe(struct eventlog_file *f)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&f->ring);

	if (!sqe)
		file_refused(f, -EAGAIN);
	return sqe;
}

static int file_offer(struct eventlog_file *f)
{
	int rc = io_uring_submit(&f->ring);

	if (rc < 0)
		return rc;
	return io_uring_sq_ready(&f->ring) ? -EAGAIN : 0;
}

static void file_submit(struct eventlog_file *f, struct io_uring_sqe *sqe, enum file_tag tag)
{
	io_uring_sqe_set_data64(sqe, tag);
	int rc = file_offer(f);
	if (rc)
		file_refused(f, rc);
}

int eventlog_file_offer(struct eventlog_file *f)
{
	int rc = file_offer(f);

	if (!rc && f->step != FILE_IDLE && !f->begun)
		file_begin(f, f->step);
	return rc;
}

static void file_again(void *arg)
{
	struct eventlog_file *f = arg;
	int rc = eventlog_file_offer(f);

	if (rc) {
		f->error = f->error ? f->error : rc;
		file_refused(f, rc);
	}
	f->moved(f->arg);
	eventlog_file_retain(f);
}

static void file_begin(struct eventlog_file *f, enum file_step step)
{
	struct batch *b = file_first(f);
	struct io_uring_sqe *sqe = file_sqe(f);
	char name[SEGMENT_NAME_MAX];

	f->step = step;
	f->begun = sqe != NULL;
	if (!sqe)
		return;
	switch (step) {
	case FILE_OPEN:
		segment_name(name, b->segment);
		str_copy(f->opening, sizeof(f->opening), name);
		io_uring_prep_openat(
			sqe, f->dir, f->opening, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
		break;
	case FILE_SYNC_DIR:
		io_uring_prep_fsync(sqe, f->dir, 0);
		break;
	case FILE_WRITE:
		io_uring_prep_write(
			sqe, f->fd, b->data + b->done, b->len - b->done, f->offset + b->done);
		break;
	case FILE_SYNC:
		io_uring_prep_fsync(sqe, f->fd, IORING_FSYNC_DATASYNC);
		break;
	default:
		f->retry = (struct __kernel_timespec){.tv_sec = 1};
		io_uring_prep_timeout(sqe, &f->retry, 0, 0);
	}
	file_submit(f, sqe, TAG_STEP);
}

struct batch *eventlog_file_batch(struct eventlog_file *f, uint64_t segment)
{
	struct batch *b;

	if (dlist_empty(&f->spare)) {
		b = malloc(sizeof(*b));
		if (!b)
			return NULL;
	} else {
		b = container_of(f->spare.next, struct batch, link);
		dlist_remove(&b->link);
		f->spare_count--;
	}
	b->segment = segment;
	b->len = b->done = 0;
	dlist_push_back(&f->batches, &b->link);
	eventlog_file_reserve(f);
	return b;
}

void eventlog_file_snapshot_ends(struct eventlog_file *f, uint64_t sequence)
{
	f->snapshot_end = sequence;
}

void eventlog_file_reserve(struct eventlog_file *f)
{
	struct batch *b = dlist_empty(&f->spare) ? malloc(sizeof(*b)) : NULL;

	if (!b)
		return; // asked for again with the next
	dlist_push_back(&f->spare, &b->link);
	f->spare_count++;
}

void eventlog_file_start(struct eventlog_file *f)
{
	struct batch *b = file_first(f);

	if (f->step != FILE_IDLE || !b)
		return;
	file_begin(f, b->segment ? FILE_OPEN : FILE_WRITE);
}

static int file_add_segment(struct eventlog_file *f, uint64_t first)
{
	// An empty one left by a kill is written anew under its own name.
	if (!f->segment_count || f->segments[f->segment_count - 1].first != first) {
		struct segment *more =
			realloc(f->segments, (f->segment_count + 1) * sizeof(*f->segments));

		if (!more)
			return -ENOMEM;
		f->segments = more;
		f->segment_count++;
	}
	f->segments[f->segment_count - 1] = (struct segment){.first = first};
	return 0;
}

static void file_sync_ended(struct eventlog_file *f, int res)
{
	if (res < 0 && !f->sync_error)
		log_error("the event log cannot be made safe against a power cut: %s",
			strerror(-res));
	if (res >= 0 && f->sync_error)
		log_warn("the event log is made safe against a power cut again");
	f->sync_error = res < 0 ? res : 0;
}

static void file_sync_due(void *arg)
{
	struct eventlog_file *f = arg;
	struct io_uring_sqe *sqe = f->syncing.to || f->fd < 0 ? NULL : file_sqe(f);

	if (!sqe) {
		file_later(f, &f->syncing.timer, SYNC_MS, file_sync_due);
		return;
	}
	f->syncing.to = f->written;
	io_uring_prep_fsync(sqe, f->fd, IORING_FSYNC_DATASYNC);
	file_submit(f, sqe, TAG_SYNC);
}

static void file_synced(struct eventlog_file *f, int res)
{
	file_sync_ended(f, res);
	if (res >= 0 && !f->syncing.closing)
		f->synced = f->syncing.to;
	f->syncing.to = 0;
	if (f->synced < f->written)
		file_later(f, &f->syncing.timer, SYNC_MS, file_sync_due);
}

static void file_wants_sync(struct eventlog_file *f)
{
	if (f->sync == EVENTLOG_SYNC_ALWAYS)
		f->synced = f->written;
	else if (f->sync == EVENTLOG_SYNC_SECOND && !f->syncing.to &&
		!timer_alive(&f->syncing.timer))
		file_later(f, &f->syncing.timer, SYNC_MS, file_sync_due);
}

// The segment before, with what no sync has reached yet.
static void file_close_segment(struct eventlog_file *f)
{
	bool sync = f->sync == EVENTLOG_SYNC_SECOND && f->synced < f->written;
	struct io_uring_sqe *sqe = io_uring_sq_space_left(&f->ring) > sync ? file_sqe(f) : NULL;

	if (!sqe) { // rare enough to wait for
		if (sync)
			file_sync_ended(f, fdatasync(f->fd) ? -errno : 0);
		close(f->fd);
		return;
	}
	if (sync) {
		f->syncing.closing++;
		io_uring_prep_fsync(sqe, f->fd, IORING_FSYNC_DATASYNC);
		io_uring_sqe_set_data64(sqe, TAG_SYNC_CLOSING);
		sqe->flags |= IOSQE_IO_HARDLINK;
		sqe = file_sqe(f);
	}
	io_uring_prep_close(sqe, f->fd);
	file_submit(f, sqe, TAG_CLOSE);
}

void eventlog_file_alive(struct eventlog_file *f, const struct alive_mark *mark)
{
	struct io_uring_sqe *sqe =
		f->alive.fd < 0 || f->alive.busy ? NULL : io_uring_get_sqe(&f->ring);

	if (!sqe)
		return; // the next one will do
	f->alive.mark = *mark;
	f->alive.busy = true;
	io_uring_prep_write(sqe, f->alive.fd, &f->alive.mark, sizeof(f->alive.mark), 0);
	file_submit(f, sqe, TAG_ALIVE);
}

static int file_opened(struct eventlog_file *f, int fd)
{
	struct batch *b = file_first(f);
	int rc = file_add_segment(f, b->segment);

	if (rc) {
		close(fd);
		return rc;
	}
	b->segment = 0;
	if (f->fd >= 0)
		file_close_segment(f);
	f->fd = fd;
	f->offset = 0;
	return 0;
}

static void file_finish_batch(struct eventlog_file *f)
{
	struct batch *b = file_first(f);
	struct segment *s = &f->segments[f->segment_count - 1];

	f->offset += b->len;
	f->held -= b->len;
	f->written = b->last_sequence;
	s->bytes = f->offset;
	s->last = b->last_sequence;
	s->last_ns = b->last_ns;
	if (f->snapshot_end && f->written >= f->snapshot_end) {
		f->snapshot = s->first; // not before: a kill would find neither
		f->snapshot_end = 0;
	}
	file_wants_sync(f);
	dlist_remove(&b->link);
	if (f->spare_count == BATCHES_SPARE) {
		free(b);
		return;
	}
	dlist_push_back(&f->spare, &b->link);
	f->spare_count++;
}

static void file_failed(struct eventlog_file *f, int error)
{
	if (!f->error)
		log_error("the event log cannot be written, records are held in memory and "
			  "tried again every second: %s",
			strerror(-error));
	f->error = error;
	file_begin(f, FILE_WAIT);
}

// The operation in flight has ended: what comes next of the same batch. True: batch is done.
static bool file_advance(struct eventlog_file *f, int res)
{
	struct batch *b = file_first(f);
	enum file_step ended = f->step;

	f->step = FILE_IDLE;
	if (ended == FILE_WAIT)
		return false;
	if (ended == FILE_OPEN && res >= 0)
		res = file_opened(f, res);
	else if (ended == FILE_WRITE && res == 0)
		res = -EIO;
	if (ended == FILE_SYNC_DIR) { // not every file system can: told, and written all the same
		file_sync_ended(f, res);
		res = 0;
	}
	if (res < 0 && ended == FILE_SYNC)
		b->done = 0; // what the kernel could not save it may have dropped
	if (res == -EINTR)
		return false;
	if (res < 0) {
		file_failed(f, res);
		return false;
	}
	if (ended == FILE_OPEN && f->sync != EVENTLOG_SYNC_NEVER) {
		file_begin(f, FILE_SYNC_DIR);
		return false;
	}
	if (ended == FILE_WRITE)
		b->done += res;
	if (b->done < b->len) {
		file_begin(f, FILE_WRITE);
		return false;
	}
	if (f->sync == EVENTLOG_SYNC_ALWAYS && ended != FILE_SYNC) {
		file_begin(f, FILE_SYNC);
		return false;
	}
	return true;
}

static void file_step_ended(struct eventlog_file *f, int res)
{
	if (file_advance(f, res)) {
		file_finish_batch(f);
		if (f->error)
			log_warn("the event log is written again");
		f->error = 0;
	}
	f->moved(f->arg);
	eventlog_file_start(f);
	eventlog_file_retain(f);
}

void eventlog_file_wake(struct eventlog_file *f)
{
	const uint64_t one = 1;

	if (write(f->efd, &one, sizeof(one)) < 0 && errno != EAGAIN) // full: it is awake
		log_error("eventfd: %s", strerror(errno));
}

void eventlog_file_poll(struct eventlog_file *f)
{
	uint64_t count;

	// The eventfd only says "look": its count is of no interest.
	if (read(f->efd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("eventfd: %s", strerror(errno));
	eventlog_file_reap(f);
}

void eventlog_file_reap(struct eventlog_file *f)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(&f->ring, &cqe)) {
		enum file_tag tag = io_uring_cqe_get_data64(cqe);
		int res = cqe->res;

		io_uring_cqe_seen(&f->ring, cqe);
		if (f->refused)
			log_warn("io_uring takes the event log's operations again");
		f->refused = false;
		if (tag == TAG_STEP) {
			file_step_ended(f, res);
		} else if (tag == TAG_ALIVE) {
			f->alive.busy = false;
		} else if (tag == TAG_SYNC) {
			file_synced(f, res);
		} else if (tag == TAG_SYNC_CLOSING) {
			f->syncing.closing--;
			file_sync_ended(f, res);
		} else if (tag == TAG_UNLINK) {
			if (res < 0 && res != -ENOENT)
				log_error("cannot remove an old segment file=%s error=%s",
					f->unlinking, strerror(-res));
			f->unlinking[0] = 0;
			eventlog_file_retain(f);
		}
	}
}

// Only what the store has, what no start needs for its snapshot, and only when it is too much.
static bool segment_may_go(const struct eventlog_file *f, const struct segment *s)
{
	uint64_t total = 0;

	if (s->first >= f->snapshot || s->last > f->passed || f->segment_count < 2)
		return false;
	for (uint32_t i = 0; i < f->segment_count; i++)
		total += f->segments[i].bytes;
	return (f->retention_bytes && total > f->retention_bytes) ||
		(f->retention_ns && s->last_ns + f->retention_ns < f->wall_ns);
}

void eventlog_file_retain(struct eventlog_file *f)
{
	if (f->unlinking[0] || !f->segment_count || !segment_may_go(f, &f->segments[0]))
		return;
	struct io_uring_sqe *sqe = file_sqe(f);

	if (!sqe)
		return;
	segment_name(f->unlinking, f->segments[0].first);
	memmove(f->segments, f->segments + 1, --f->segment_count * sizeof(*f->segments));
	io_uring_prep_unlinkat(sqe, f->dir, f->unlinking, 0);
	file_submit(f, sqe, TAG_UNLINK);
}
