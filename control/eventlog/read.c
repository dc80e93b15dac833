// Reading the event log: record by record, over segments, past damage, behind a living writer.
#include "control/eventlog/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/eventlog/format.h"
#include "control/eventlog/read.h"
#include "engine/base/str.h"

#define READ_BYTES (512u << 10)
_Static_assert(READ_BYTES > 2 * EVENT_RECORD_MAX, "a record always fits behind another");

#define READER_AGAIN 2 // something moved: look once more

struct eventlog_reader {
	char directory[256];
	uint64_t from;	  // records before it are passed over
	uint64_t segment; // the open one's first sequence
	uint64_t last;	  // sequence of the last record seen; 0: none
	uint64_t offset;  // in the file, of data[start]
	int fd;		  // -1: no segment open yet
	bool alone;	  // stay within this segment
	size_t start, end;
	char damage[512];
	uint8_t data[READ_BYTES];
};

static int reader_new(const char *directory, uint64_t from, struct eventlog_reader **out)
{
	struct eventlog_reader *r = malloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->from = from;
	r->segment = r->last = r->offset = 0;
	r->fd = -1;
	r->alone = false;
	r->start = r->end = 0;
	r->damage[0] = 0;
	if (str_copy(r->directory, sizeof(r->directory), directory)) {
		free(r);
		return -ENAMETOOLONG;
	}
	*out = r;
	return 0;
}

int eventlog_reader_open(
	const char *directory, uint64_t from_sequence, struct eventlog_reader **out)
{
	return reader_new(directory, from_sequence, out);
}

void eventlog_reader_close(struct eventlog_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

const char *eventlog_reader_damage(const struct eventlog_reader *r)
{
	return r->damage;
}

static int reader_enter(struct eventlog_reader *r, uint64_t segment)
{
	char name[SEGMENT_NAME_MAX], path[sizeof(r->directory) + SEGMENT_NAME_MAX + 1];

	segment_name(name, segment);
	str_format(path, sizeof(path), "%s/%s", r->directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = fd;
	r->segment = segment;
	r->offset = 0;
	r->start = r->end = 0;
	return READER_AGAIN;
}

// The segment that holds `from`, or the oldest.
static int reader_first(struct eventlog_reader *r)
{
	struct segments list;
	int rc = segments_list(r->directory, &list);

	if (rc == -ENOENT || (!rc && !list.count))
		return 0;
	if (rc)
		return rc;
	uint64_t segment = list.first[0];
	for (size_t i = 1; i < list.count && list.first[i] <= r->from; i++)
		segment = list.first[i];
	segments_free(&list);
	// Asked for what retention has removed: the gap is told with the first record.
	if (r->from > 1 && segment > r->from)
		r->last = r->from - 1;
	rc = reader_enter(r, segment);
	return rc == -ENOENT ? 0 : rc;
}

// First sequence of the segment behind the open one; 0: it is the last.
static int reader_following(const struct eventlog_reader *r, uint64_t *next)
{
	struct segments list;

	*next = 0;
	if (r->alone)
		return 0;
	int rc = segments_list(r->directory, &list);
	if (rc)
		return rc;
	for (size_t i = list.count; i > 0 && list.first[i - 1] > r->segment; i--)
		*next = list.first[i - 1];
	segments_free(&list);
	return 0;
}

// Reads on behind what is unread. Bytes got, 0 at the end of the file, -errno.
static ssize_t reader_fill(struct eventlog_reader *r)
{
	ssize_t got;

	memmove(r->data, r->data + r->start, r->end - r->start);
	r->end -= r->start;
	r->start = 0;
	do
		got = pread(r->fd, r->data + r->end, READ_BYTES - r->end, r->offset + r->end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	r->end += got;
	return got;
}

static void reader_skip(struct eventlog_reader *r, size_t bytes)
{
	r->start += bytes;
	r->offset += bytes;
}

static void reader_rewind(struct eventlog_reader *r, uint64_t offset)
{
	r->offset = offset;
	r->start = r->end = 0;
}

// At the end of a segment with `rest` bytes that are no record: on to the next, or wait.
static int reader_turn(struct eventlog_reader *r, uint64_t rest)
{
	char name[SEGMENT_NAME_MAX];
	struct stat file;
	uint64_t next;
	int rc = reader_following(r, &next);

	if (rc || !next)
		return rc;
	// The next segment is made when this one is whole: what was missing has come by now.
	if (fstat(r->fd, &file))
		return -errno;
	if (file.st_size > r->offset + rest)
		return READER_AGAIN;
	segment_name(name, r->segment);
	str_format(r->damage, sizeof(r->damage),
		"%s: byte %llu: the last %llu bytes are no record, reading goes on in the next "
		"segment",
		name, (unsigned long long)r->offset, (unsigned long long)rest);
	rc = reader_enter(r, next);
	return rc == READER_AGAIN && rest ? -EBADMSG : rc;
}

// Finds the next record behind damage. Where there is none, nothing is taken: the writer may
// still be at it.
static int reader_resync(struct eventlog_reader *r)
{
	uint64_t damaged = r->offset;
	char name[SEGMENT_NAME_MAX];
	bool whole = false; // all of the file is in data
	struct event e;
	size_t bytes;

	for (;;) {
		reader_skip(r, r->end - r->start < 8 ? r->end - r->start : 8);
		while (!whole && r->end - r->start < EVENT_RECORD_MAX) {
			ssize_t got = reader_fill(r);
			if (got < 0)
				return got;
			whole = !got;
		}
		if (r->end - r->start < EVENT_HEAD_BYTES)
			break;
		if (!event_decode(r->data + r->start, r->end - r->start, &e, &bytes) &&
			e.sequence > r->last) {
			segment_name(name, r->segment);
			str_format(r->damage, sizeof(r->damage),
				"%s: byte %llu: %llu bytes are no record, "
				"sequences %llu to %llu are missing, reading goes on at byte %llu",
				name, (unsigned long long)damaged,
				(unsigned long long)(r->offset - damaged),
				(unsigned long long)r->last + 1, (unsigned long long)e.sequence - 1,
				(unsigned long long)r->offset);
			r->last = e.sequence - 1;
			return -EBADMSG;
		}
	}
	uint64_t rest = r->offset + (r->end - r->start) - damaged;
	reader_rewind(r, damaged);
	return reader_turn(r, rest);
}

// A whole record: does its sequence follow?
static int reader_accept(struct eventlog_reader *r, const struct event *e, size_t bytes)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(name, r->segment);
	if (r->last && e->sequence <= r->last) {
		str_format(r->damage, sizeof(r->damage),
			"%s: byte %llu: sequence %llu comes behind %llu, passed over", name,
			(unsigned long long)r->offset, (unsigned long long)e->sequence,
			(unsigned long long)r->last);
		reader_skip(r, bytes);
		return -EBADMSG;
	}
	if (r->last && e->sequence != r->last + 1) {
		str_format(r->damage, sizeof(r->damage),
			"%s: byte %llu: sequences %llu to %llu are missing", name,
			(unsigned long long)r->offset, (unsigned long long)r->last + 1,
			(unsigned long long)e->sequence - 1);
		r->last = e->sequence - 1;
		return -EBADMSG;
	}
	reader_skip(r, bytes);
	r->last = e->sequence;
	return e->sequence < r->from ? READER_AGAIN : 1;
}

static int reader_step(struct eventlog_reader *r, struct event *e)
{
	size_t bytes;

	if (r->fd < 0)
		return reader_first(r);
	int rc = event_decode(r->data + r->start, r->end - r->start, e, &bytes);
	if (!rc)
		return reader_accept(r, e, bytes);
	if (rc == -EBADMSG)
		return reader_resync(r);
	ssize_t got = reader_fill(r);
	if (got)
		return got < 0 ? got : READER_AGAIN;
	return r->end > r->start ? reader_resync(r) : reader_turn(r, 0);
}

int eventlog_reader_next(struct eventlog_reader *r, struct event *e)
{
	int rc;

	do
		rc = reader_step(r, e);
	while (rc == READER_AGAIN);
	return rc;
}

int segment_scan(const char *directory, uint64_t first_sequence, struct segment_scan *out)
{
	struct eventlog_reader *r;
	struct event e;
	int rc = reader_new(directory, first_sequence, &r);

	*out = (struct segment_scan){};
	if (rc)
		return rc;
	r->alone = true;
	rc = reader_enter(r, first_sequence);
	if (rc == READER_AGAIN) {
		while ((rc = eventlog_reader_next(r, &e)) == 1 || rc == -EBADMSG) {
			if (rc == -EBADMSG) {
				out->damaged++;
				continue;
			}
			if (e.snapshot)
				out->snapshot_bytes += event_bytes(strlen(e.tenant), e.body_len);
			out->last_sequence = e.sequence;
			out->whole_bytes = r->offset;
			out->snapshot |= e.type == EVENT_SNAPSHOT_END;
		}
	}
	eventlog_reader_close(r);
	return rc;
}

int eventlog_reader_open_snapshot(const char *directory, struct eventlog_reader **out)
{
	struct segments list;
	struct segment_scan scan;
	uint64_t from = 0;
	int rc = segments_list(directory, &list);

	if (rc && rc != -ENOENT)
		return rc;
	for (size_t i = rc ? 0 : list.count; i > 0; i--) {
		rc = segment_scan(directory, list.first[i - 1], &scan);
		if (rc < 0)
			break;
		if (scan.snapshot) {
			from = list.first[i - 1];
			break;
		}
	}
	segments_free(&list);
	return rc < 0 && rc != -ENOENT ? rc : eventlog_reader_open(directory, from, out);
}
