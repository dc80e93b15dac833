// Reading a log as bytes, and writing the beginning of it.
#include "tests/flow/cut.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/format.h"
#include "engine/base/str.h"

void cut_read(const char *folder, struct cut *out)
{
	static uint8_t bytes[EVENT_RECORD_MAX];
	struct eventlog_reader *r;
	struct event e;
	size_t room = 0;
	int rc;

	*out = (struct cut){0};
	ck_assert_int_eq(eventlog_reader_open(folder, 1, &r), 0);
	while ((rc = eventlog_reader_next(r, &e)) == 1) {
		if (out->count == room) {
			room = room ? 2 * room : 1024;
			out->records = realloc(out->records, room * sizeof(*out->records));
			ck_assert_ptr_nonnull(out->records);
		}
		struct cut_record *one = &out->records[out->count++];
		ck_assert_uint_eq(e.sequence, out->count);
		one->begins = e.type == EVENT_SNAPSHOT_BEGIN || e.sequence == 1;
		one->snapshot = e.snapshot;
		one->len = event_encode(bytes, &e);
		one->bytes = malloc(one->len);
		ck_assert_ptr_nonnull(one->bytes);
		memcpy(one->bytes, bytes, one->len);
	}
	ck_assert_int_eq(rc, 0);
	eventlog_reader_close(r);
}

// Nobody reads further back than to the last whole snapshot, and of the last two one is whole.
static size_t first_needed(const struct cut *c, size_t count)
{
	unsigned segments = 0;
	size_t from = count;

	while (from > 0 && segments < 3)
		segments += c->records[--from].begins;
	return from;
}

void cut_write(const struct cut *c, size_t count, const char *folder)
{
	char path[300], name[SEGMENT_NAME_MAX];
	FILE *f = NULL;

	for (size_t i = first_needed(c, count); i < count; i++) {
		const struct cut_record *one = &c->records[i];

		if (one->begins && f != NULL)
			fclose(f);
		if (one->begins) {
			segment_name(name, i + 1);
			str_format(path, sizeof(path), "%s/%s", folder, name);
			f = fopen(path, "w");
		}
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(one->bytes, 1, one->len, f), one->len);
	}
	fclose(f);
}

void cut_free(struct cut *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->records[i].bytes);
	free(c->records);
}
