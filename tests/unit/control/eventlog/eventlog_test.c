// The event log: what is appended is read, whatever is torn, damaged, full or removed.
#include "control/eventlog/eventlog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "control/eventlog/format.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

static uint64_t test_ns = 1000000000;

static void test_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*wall_ns = test_ns += 1000;
	*mono_ns = test_ns / 2;
}

static struct eventlog *log_open(const char *directory, struct eventlog_report *report)
{
	struct eventlog_options options = {.directory = directory, .clock = test_clock};
	struct eventlog *l;

	int rc = eventlog_open(&options, &l, report);
	ck_assert_msg(!rc, "%d %s", rc, report->error);
	return l;
}

static void log_wait(struct eventlog *l, uint64_t sequence)
{
	struct pollfd p = {.fd = eventlog_fd(l), .events = POLLIN};

	while (eventlog_written(l) < sequence) {
		ck_assert_int_gt(poll(&p, 1, 10000), 0);
		eventlog_poll(l);
	}
}

static struct callid test_call(unsigned n)
{
	return (struct callid){.node = 7, .counter = n, .start = 1000 + n};
}

static void log_fill(struct eventlog *l, unsigned from, unsigned to)
{
	char body[100];

	for (unsigned n = from; n <= to; n++) {
		struct callid call = test_call(n);

		str_format(body, sizeof(body), "{\"n\":%u,\"pad\":\"%.*s\"}", n, n % 13,
			"abcdefghijklm");
		ck_assert_uint_eq(
			eventlog_append(l, EVENT_CALL_STEP, n % 2 ? "acme" : "", &call, body), n);
	}
}

static void event_expect(const struct event *e, unsigned n)
{
	struct callid call = test_call(n);
	char body[100];

	str_format(body, sizeof(body), "{\"n\":%u,\"pad\":\"%.*s\"}", n, n % 13, "abcdefghijklm");
	ck_assert_uint_eq(e->sequence, n);
	ck_assert_int_eq(e->type, EVENT_CALL_STEP);
	ck_assert_str_eq(e->tenant, n % 2 ? "acme" : "");
	ck_assert_str_eq(e->body, body);
	ck_assert_uint_eq(e->body_len, strlen(body));
	ck_assert(callid_equal(&e->call, &call));
	ck_assert_uint_ge(e->wall_ns, 1000000000);
}

// Reads from `from`; the events' numbers must be from … to.
static void log_expect(const char *directory, unsigned from, unsigned to)
{
	struct eventlog_reader *r;
	struct event e;

	ck_assert_int_eq(eventlog_reader_open(directory, from, &r), 0);
	for (unsigned n = from; n <= to; n++) {
		int rc = eventlog_reader_next(r, &e);
		ck_assert_msg(rc == 1, "%d at %u: %s", rc, n, eventlog_reader_damage(r));
		event_expect(&e, n);
	}
	ck_assert_int_eq(eventlog_reader_next(r, &e), 0);
	eventlog_reader_close(r);
}

static size_t file_read(const char *directory, uint64_t segment, uint8_t *data, size_t size)
{
	char path[128], name[SEGMENT_NAME_MAX];

	segment_name(name, segment);
	str_format(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ssize_t got = read(fd, data, size);
	close(fd);
	ck_assert_int_gt(got, 0);
	return got;
}

static void file_write(const char *directory, uint64_t segment, const uint8_t *data, size_t len)
{
	char path[128], name[SEGMENT_NAME_MAX];

	segment_name(name, segment);
	str_format(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), len);
	close(fd);
}

START_TEST(what_is_appended_is_read)
{
	char dir[64];
	struct eventlog_report report;
	struct eventlog *l = log_open(folder_new(dir), &report);

	ck_assert_uint_eq(report.last_sequence, 0);
	log_fill(l, 1, 1000);
	log_wait(l, 1000);
	log_expect(dir, 1, 1000); // while it is open
	eventlog_close(l);
	l = log_open(dir, &report);
	ck_assert_uint_eq(report.last_sequence, 1000);
	ck_assert_uint_eq(report.torn_bytes, 0);
	log_fill(l, 1001, 1010);
	eventlog_close(l); // waits for what is in flight
	log_expect(dir, 1, 1010);
	log_expect(dir, 777, 1010);
	folder_remove(dir);
}
END_TEST

START_TEST(a_second_writer_is_refused)
{
	char dir[64];
	struct eventlog_report report;
	struct eventlog *l = log_open(folder_new(dir), &report), *other;
	struct eventlog_options options = {.directory = dir};

	ck_assert_int_eq(eventlog_open(&options, &other, &report), -EBUSY);
	ck_assert_ptr_nonnull(strstr(report.error, "another ringhall (pid "));
	eventlog_close(l);
	folder_remove(dir);
}
END_TEST

START_TEST(a_tail_torn_at_any_byte_is_cut)
{
	char whole[64], torn[64];
	static uint8_t data[4096];
	struct eventlog_report report;
	struct eventlog *l = log_open(folder_new(whole), &report);
	size_t ends[6] = {0};

	for (unsigned n = 1; n <= 5; n++) {
		log_fill(l, n, n);
		log_wait(l, n);
		ends[n] = file_read(whole, 1, data, sizeof(data));
	}
	eventlog_close(l);
	folder_new(torn);
	log_set_level("eventlog", LOG_ERROR); // hundreds of torn tails
	for (size_t len = 0; len <= ends[5]; len++) {
		unsigned kept = 0;

		while (kept < 5 && ends[kept + 1] <= len)
			kept++;
		file_write(torn, 1, data, len);
		l = log_open(torn, &report);
		ck_assert_uint_eq(report.last_sequence, kept);
		ck_assert_uint_eq(report.torn_bytes, len - ends[kept]);
		log_fill(l, kept + 1, 7);
		eventlog_close(l);
		log_expect(torn, 1, 7);
	}
	log_set_level("eventlog", LOG_WARN);
	folder_remove(whole);
	folder_remove(torn);
}
END_TEST

START_TEST(damage_at_any_byte_is_named_and_passed)
{
	char dir[64], where[32];
	static uint8_t data[4096];
	struct eventlog_report report;
	struct eventlog *l = log_open(folder_new(dir), &report);
	struct eventlog_reader *r;
	struct event e;
	size_t one, two;

	log_fill(l, 1, 1);
	log_wait(l, 1);
	one = file_read(dir, 1, data, sizeof(data));
	log_fill(l, 2, 2);
	log_wait(l, 2);
	two = file_read(dir, 1, data, sizeof(data));
	log_fill(l, 3, 5);
	eventlog_close(l);
	size_t len = file_read(dir, 1, data, sizeof(data));
	for (size_t at = one; at < two; at++) {
		if (at >= one + event_bytes(0, 19) - 8 && !data[at])
			continue; // the zeros behind the record are in no CRC
		data[at] ^= 0x55;
		file_write(dir, 1, data, len);
		ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
		ck_assert_int_eq(eventlog_reader_next(r, &e), 1);
		event_expect(&e, 1);
		ck_assert_msg(eventlog_reader_next(r, &e) == -EBADMSG, "byte %zu", at);
		str_format(where, sizeof(where), ".log: byte %zu:", one);
		ck_assert_ptr_nonnull(strstr(eventlog_reader_damage(r), where));
		for (unsigned n = 3; n <= 5; n++) {
			ck_assert_int_eq(eventlog_reader_next(r, &e), 1);
			event_expect(&e, n);
		}
		ck_assert_int_eq(eventlog_reader_next(r, &e), 0);
		eventlog_reader_close(r);
		if (at % 32 == 0) { // nothing behind the damage may be cut
			l = log_open(dir, &report);
			ck_assert_uint_eq(report.last_sequence, 5);
			ck_assert_uint_eq(report.torn_bytes, 0);
			eventlog_close(l);
		}
		data[at] ^= 0x55;
	}
	folder_remove(dir);
}
END_TEST

static bool snapshot_two(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	unsigned *count = arg;

	(void)place;

	++*count;
	eventlog_append(l, EVENT_AGENT_STATE, "acme", NULL, "{\"agent\":\"1001\"}");
	eventlog_append(l, EVENT_AGENT_STATE, "acme", NULL, "{\"agent\":\"1002\"}");
	return false;
}

static void feed_count(const struct event *e, void *arg)
{
	ck_assert(!e->snapshot);
	++*(unsigned *)arg;
}

static unsigned segments_count(const char *dir)
{
	struct segments list;

	ck_assert_int_eq(segments_list(dir, &list), 0);
	unsigned count = list.count;
	segments_free(&list);
	return count;
}

START_TEST(segments_turn_with_a_snapshot_and_are_retained)
{
	char dir[64];
	static char body[60001];
	unsigned snapshots = 0, fed = 0;
	uint64_t last = 0, seen = 0;
	struct eventlog_options options = {
		.directory = folder_new(dir), .retention_bytes = 1, .clock = test_clock};
	struct eventlog_report report;
	struct eventlog_reader *r;
	struct eventlog *l;
	struct event e;

	ck_assert_int_eq(eventlog_open(&options, &l, &report), 0);
	eventlog_set_snapshot(l, snapshot_two, &snapshots);
	eventlog_set_feed(l, feed_count, &fed);
	memset(body, 'x', sizeof(body) - 1);
	body[0] = '{', body[sizeof(body) - 2] = '}';
	for (unsigned n = 0; n < 2500; n++) {
		last = eventlog_append(l, EVENT_TROUBLE, "", NULL, body);
		if (n % 100 == 99)
			log_wait(l, last);
	}
	ck_assert_uint_eq(snapshots, 3);
	ck_assert_uint_eq(fed, 2500);
	ck_assert_uint_eq(last, 2500 + 3 * 4);
	ck_assert_uint_eq(segments_count(dir), 3);
	eventlog_passed(l, last / 2); // within the second segment: only the first may go
	log_wait(l, eventlog_append(l, EVENT_DRAIN, "", NULL, "{}"));
	eventlog_close(l);
	ck_assert_uint_eq(segments_count(dir), 2);
	ck_assert_int_eq(eventlog_reader_open_snapshot(dir, &r), 0);
	ck_assert_int_eq(eventlog_reader_next(r, &e), 1);
	ck_assert_int_eq(e.type, EVENT_SNAPSHOT_BEGIN);
	ck_assert(e.snapshot);
	for (seen = e.sequence; eventlog_reader_next(r, &e) == 1; seen++)
		ck_assert_uint_eq(e.sequence, seen + 1);
	ck_assert_uint_eq(seen, last + 1);
	eventlog_reader_close(r);
	folder_remove(dir);
}
END_TEST

static void written_note(uint64_t sequence, void *arg)
{
	*(uint64_t *)arg = sequence;
}

START_TEST(who_waits_is_called_when_it_is_written)
{
	char dir[64];
	uint64_t third = 0, second = 0, gone = 0;
	struct eventlog_report report;
	struct eventlog *l = log_open(folder_new(dir), &report);

	log_fill(l, 1, 3);
	eventlog_when_written(l, 3, written_note, &third);
	eventlog_when_written(l, 2, written_note, &second);
	eventlog_when_written(l, 3, written_note, &gone);
	eventlog_forget(l, &gone);
	ck_assert_uint_eq(third, 0);
	log_wait(l, 3);
	ck_assert_uint_eq(third, 3);
	ck_assert_uint_eq(second, 2);
	ck_assert_uint_eq(gone, 0);
	eventlog_when_written(l, 1, written_note, &gone);
	ck_assert_uint_eq(gone, 1);
	eventlog_close(l);
	folder_remove(dir);
}
END_TEST

// Appends bodies of 60 kB until the disk refuses them.
static uint64_t log_fill_disk(struct eventlog *l, struct eventlog_status *status)
{
	struct pollfd p = {.fd = eventlog_fd(l), .events = POLLIN};
	static char body[60001];
	uint64_t last = 0;

	memset(body, 'x', sizeof(body) - 1);
	body[0] = '{', body[sizeof(body) - 2] = '}';
	for (unsigned n = 0; n < 100; n++)
		last = eventlog_append(l, EVENT_TROUBLE, "", NULL, body);
	do {
		if (poll(&p, 1, 10000) != 1)
			break;
		eventlog_poll(l);
		eventlog_status(l, status);
	} while (!status->error);
	return last;
}

START_TEST(a_full_disk_is_waited_for)
{
	char dir[64];
	struct rlimit old, low = {.rlim_cur = 3 << 20};
	struct eventlog_status status;
	struct eventlog_report report;
	struct eventlog *l = log_open(folder_new(dir), &report);
	uint64_t called = 0;

	// A limit on the size of files fails as a full disk does.
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	low.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &low);
	uint64_t last = log_fill_disk(l, &status);
	setrlimit(RLIMIT_FSIZE, &old);
	eventlog_when_written(l, last, written_note, &called);
	ck_assert_int_eq(status.error, -EFBIG);
	ck_assert_uint_gt(status.held_bytes, 2 << 20);
	ck_assert_uint_eq(called, 0);
	log_wait(l, 102); // 101 tells the trouble, 102 its end
	ck_assert_uint_eq(called, last);
	eventlog_status(l, &status);
	ck_assert_int_eq(status.error, 0);
	eventlog_close(l);

	struct eventlog_reader *r;
	struct event e;
	ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
	for (unsigned n = 1; n <= 102; n++) {
		ck_assert_int_eq(eventlog_reader_next(r, &e), 1);
		ck_assert_uint_eq(e.sequence, n);
	}
	ck_assert_ptr_nonnull(strstr(e.body, "written again"));
	eventlog_reader_close(r);
	folder_remove(dir);
}
END_TEST

START_TEST(without_a_folder_it_is_written_at_once)
{
	struct eventlog_options options = {.clock = test_clock};
	struct eventlog_report report;
	struct eventlog *l;
	unsigned fed = 0;
	uint64_t called = 0;

	ck_assert_int_eq(eventlog_open(&options, &l, &report), 0);
	eventlog_set_feed(l, feed_count, &fed);
	log_fill(l, 1, 10);
	eventlog_when_written(l, 10, written_note, &called);
	ck_assert_uint_eq(called, 10);
	ck_assert_uint_eq(fed, 10);
	eventlog_close(l);
}
END_TEST

START_TEST(types_have_names)
{
	ck_assert_str_eq(event_type_name(EVENT_CALL_OFFER_ENDED), "call-offer-ended");
	ck_assert_int_eq(event_type_parse("trouble"), EVENT_TROUBLE);
	ck_assert_int_eq(event_type_parse("nothing"), 0);
	ck_assert_ptr_null(event_type_name(0));
}
END_TEST

UNIT_MAIN("eventlog", what_is_appended_is_read, a_second_writer_is_refused,
	a_tail_torn_at_any_byte_is_cut, damage_at_any_byte_is_named_and_passed,
	segments_turn_with_a_snapshot_and_are_retained, who_waits_is_called_when_it_is_written,
	a_full_disk_is_waited_for, without_a_folder_it_is_written_at_once, types_have_names)
