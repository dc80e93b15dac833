// The event log's reader on any bytes as a segment: every record that it gives is whole, it ends,
// and a writer that opens the same folder goes on behind what can be read.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/format.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/ringhall-fuzz-XXXXXX";
static char segment[64];

static void clean(void)
{
	char lock[64];

	str_format(lock, sizeof(lock), "%s/lock", directory);
	unlink(segment);
	unlink(lock);
	rmdir(directory);
}

static void prepare(void)
{
	char name[SEGMENT_NAME_MAX];

	if (segment[0])
		return;
	check(mkdtemp(directory));
	segment_name(name, 1);
	str_format(segment, sizeof(segment), "%s/%s", directory, name);
	log_set_level(NULL, LOG_ERROR);
	atexit(clean);
}

static void write_segment(const uint8_t *data, size_t size)
{
	int fd = open(segment, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

// Records that can be read, and the sequence of the last.
static unsigned read_all(size_t size, uint64_t *last)
{
	struct eventlog_reader *r;
	struct event e;
	unsigned records = 0, turns = 0;
	int rc;

	*last = 0;
	check(!eventlog_reader_open(directory, 0, &r));
	while ((rc = eventlog_reader_next(r, &e)) == 1 || rc == -EBADMSG) {
		check(turns++ <= 2 * size / 8 + 2); // it ends
		if (rc != 1) {
			check(eventlog_reader_damage(r)[0]);
			continue;
		}
		check(e.sequence > *last);
		check(strlen(e.body) == e.body_len && strlen(e.tenant) <= EVENT_TENANT_MAX);
		*last = e.sequence;
		records++;
	}
	check(rc == 0);
	eventlog_reader_close(r);
	return records;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eventlog_options options = {.directory = directory};
	struct eventlog_report report;
	struct eventlog *l;
	uint64_t last, after;

	prepare();
	write_segment(data, size);
	unsigned records = read_all(size, &last);
	if (last >= UINT64_MAX - 1)
		return 0; // nothing can follow the last number
	if (size && data[size - 1] % 8)
		return 0; // opening for writing makes an io_uring, which is slow: one in eight
	check(!eventlog_open(&options, &l, &report));
	check(report.last_sequence == last);
	eventlog_append(l, EVENT_DRAIN, "", NULL, "{}");
	eventlog_close(l);
	check(read_all(size + 4096, &after) == records + 1 && after == last + 1);
	return 0;
}
