// Opening the event log for writing: one writer, a whole tail, what segments there are.
#include "control/eventlog/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/claim.h"
#include "control/eventlog/format.h"
#include "control/eventlog/read.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"

LOG_TOPIC("eventlog");

static int open_failed(
	struct eventlog_report *report, int error, const char *directory, const char *what)
{
	str_format(report->error, sizeof(report->error), "event log in %s: %s: %s", directory, what,
		strerror(-error));
	return error;
}

static void open_uring_refused(struct eventlog_report *report, int error, const char *directory)
{
	str_format(report->error, sizeof(report->error),
		"event log in %s: io_uring is refused here: %s; %s", directory, strerror(-error),
		shortage_of_uring(error));
}

static int open_lock(struct eventlog_file *f, const struct eventlog_options *options,
	struct eventlog_report *report)
{
	char error[512];

	f->lock = options->claim ? *options->claim : claim_take(options->directory, error);
	if (f->lock < 0) {
		str_format(report->error, sizeof(report->error), "event log in %s", error);
		return f->lock;
	}
	f->dir = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		return open_failed(report, -errno, options->directory,
			"cannot open the folder; give it to the user of the service");
	return 0;
}

// Without it a kill is taken to be at the last record.
static void open_alive(struct eventlog_file *f)
{
	f->alive.fd = openat(
		f->dir, ALIVE_NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (f->alive.fd < 0)
		log_warn("no signs of life can be written beside the event log: %s",
			strerror(errno));
}

static int open_segments(struct eventlog_file *f, const char *directory)
{
	struct segments list;
	char name[SEGMENT_NAME_MAX];
	struct stat file;
	int rc = segments_list(directory, &list);

	if (rc)
		return rc;
	f->segments = calloc(list.count + 1, sizeof(*f->segments));
	for (size_t i = 0; f->segments && i < list.count; i++) {
		segment_name(name, list.first[i]);
		if (fstatat(f->dir, name, &file, 0))
			memset(&file, 0, sizeof(file));
		f->segments[f->segment_count++] = (struct segment){
			.first = list.first[i],
			.last = i + 1 < list.count ? list.first[i + 1] - 1 : 0,
			.bytes = file.st_size,
			.last_ns = file.st_mtim.tv_sec * NS_PER_S,
		};
	}
	segments_free(&list);
	return f->segments ? 0 : -ENOMEM;
}

// Where a start has to begin, hence what has to stay: the last segment with a snapshot.
static int open_snapshot(struct eventlog_file *f, const char *directory, bool last_has)
{
	uint32_t i = f->segment_count - 1;
	struct segment_scan scan = {.snapshot = last_has};

	while (!scan.snapshot && i > 0) {
		int rc = segment_scan(directory, f->segments[--i].first, &scan);
		if (rc < 0)
			return rc;
	}
	f->snapshot = f->segments[i].first;
	f->snapshot_lacks = !last_has && f->segments[f->segment_count - 1].first > 1;
	return 0;
}

// Whatever the process before left to the page cache.
static int open_sync(struct eventlog_file *f)
{
	if (f->sync == EVENTLOG_SYNC_NEVER)
		return 0;
	if (fdatasync(f->fd) || (fsync(f->dir) && errno != EINVAL))
		return -errno;
	f->synced = f->written;
	return 0;
}

// The last segment: cut behind its last whole record, then written on.
static int open_last(struct eventlog_file *f, const char *directory, struct eventlog_report *report)
{
	char name[SEGMENT_NAME_MAX];
	struct segment_scan scan;

	if (!f->segment_count)
		return 0;
	struct segment *s = &f->segments[f->segment_count - 1];
	segment_name(name, s->first);
	int rc = segment_scan(directory, s->first, &scan);
	if (rc)
		return rc;
	f->fd = openat(f->dir, name, O_WRONLY | O_CLOEXEC);
	if (f->fd < 0)
		return -errno;
	report->last_sequence = scan.last_sequence ? scan.last_sequence : s->first - 1;
	report->torn_bytes = s->bytes - scan.whole_bytes;
	if (scan.damaged)
		log_error("damage in the event log, read past file=%s places=%llu", name,
			(unsigned long long)scan.damaged);
	if (report->torn_bytes) {
		log_warn("cut a torn tail file=%s offset=%llu bytes=%llu", name,
			(unsigned long long)scan.whole_bytes,
			(unsigned long long)report->torn_bytes);
		if (ftruncate(f->fd, scan.whole_bytes))
			return -errno;
	}
	s->bytes = f->offset = scan.whole_bytes;
	s->last = f->written = report->last_sequence;
	f->news_bytes = scan.whole_bytes - scan.snapshot_bytes;
	rc = open_snapshot(f, directory, scan.snapshot);
	return rc ? rc : open_sync(f);
}

static int open_ring(struct eventlog_file *f)
{
	int rc = io_uring_queue_init(16, &f->ring, 0);

	if (rc)
		return rc;
	f->efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (f->efd < 0)
		rc = -errno;
	else
		rc = io_uring_register_eventfd(&f->ring, f->efd);
	if (rc)
		io_uring_queue_exit(&f->ring);
	return rc;
}

static void open_undo(struct eventlog_file *f)
{
	const int fds[] = {f->fd, f->lock, f->dir, f->efd, f->alive.fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(f->segments);
	f->segments = NULL;
}

int eventlog_file_open(struct eventlog_file *f, const struct eventlog_options *options,
	struct eventlog_report *report)
{
	const char *directory = options->directory;

	*f = (struct eventlog_file){
		.efd = -1,
		.dir = -1,
		.lock = -1,
		.fd = -1,
		.alive.fd = -1,
		.timers = options->timers,
		.sync = options->sync,
		.retention_bytes = options->retention_bytes,
		.retention_ns = options->retention_ns,
	};
	dlist_init(&f->batches);
	dlist_init(&f->spare);
	int rc = open_lock(f, options, report);
	if (!rc) {
		rc = open_segments(f, directory);
		if (!rc)
			rc = open_last(f, directory, report);
		if (rc)
			open_failed(report, rc, directory, "cannot read or cut the last segment");
	}
	if (!rc) {
		rc = open_ring(f);
		if (rc)
			open_uring_refused(report, rc, directory);
	}
	if (rc) {
		open_undo(f);
	} else {
		open_alive(f);
		eventlog_file_reserve(f);
	}
	return rc;
}

// What the kernel takes late it gets for a second; what it does not take is lost.
static void close_wait(struct eventlog_file *f)
{
	struct io_uring_cqe *cqe;
	struct __kernel_timespec nap = {.tv_nsec = 10 * NS_PER_MS};

	for (unsigned late = 0; f->step != FILE_IDLE && f->step != FILE_WAIT && late < 100;) {
		bool offered = f->begun && !io_uring_sq_ready(&f->ring);

		if (!offered)
			eventlog_file_offer(f);
		if (!io_uring_wait_cqe_timeout(&f->ring, &cqe, &nap))
			eventlog_file_poll(f);
		else if (!offered)
			late++;
	}
}

void eventlog_file_close(struct eventlog_file *f)
{
	close_wait(f);
	timer_cancel(&f->again);
	timer_cancel(&f->syncing.timer);
	if (!dlist_empty(&f->batches))
		log_error("records lost at the end, the event log could not be written "
			  "bytes=%llu error=%s",
			(unsigned long long)f->held, strerror(-f->error));
	if (f->sync != EVENTLOG_SYNC_NEVER && f->fd >= 0 && fdatasync(f->fd))
		log_error(
			"the event log's end is not safe against a power cut: %s", strerror(errno));
	dlist_for_each_safe (it, &f->batches)
		free(container_of(it, struct batch, link));
	dlist_for_each_safe (other, &f->spare)
		free(container_of(other, struct batch, link));
	io_uring_queue_exit(&f->ring);
	open_undo(f);
}
