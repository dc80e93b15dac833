// Segments and their snapshots: whatever turns a segment is whole, a snapshot goes in by pieces
// with the news between them, and what a start needs stays until another one can serve it.
#include <poll.h>
#include <unistd.h>

#include "control/eventlog/format.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

#define SEGMENT 4096
#define ALIVE	1000 // restated by each snapshot

static uint64_t test_ns = 1000000000;

static void test_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*wall_ns = *mono_ns = test_ns += 1000;
}

static struct eventlog *log_open(const char *directory, uint64_t retention_bytes)
{
	struct eventlog_options options = {.directory = directory,
		.segment_bytes = SEGMENT,
		.retention_bytes = retention_bytes,
		.clock = test_clock};
	struct eventlog_report report;
	struct eventlog *l;

	int rc = eventlog_open(&options, &l, &report);
	ck_assert_msg(!rc, "%d %s", rc, report.error);
	return l;
}

// One turn of the loop: at most one piece of a snapshot.
static void turn(struct eventlog *l)
{
	struct pollfd p = {.fd = eventlog_fd(l), .events = POLLIN};

	if (poll(&p, 1, 100) == 1)
		eventlog_poll(l);
}

static void settle(struct eventlog *l)
{
	struct eventlog_status s;

	do {
		turn(l);
		eventlog_status(l, &s);
	} while (s.written < s.appended);
}

static unsigned segments_count(const char *dir)
{
	struct segments list;

	ck_assert_int_eq(segments_list(dir, &list), 0);
	unsigned count = list.count;
	segments_free(&list);
	return count;
}

// What is appended by one, who builds bodies where the snapshot builds them, too.
static char body[200];

static uint64_t news(struct eventlog *l, unsigned n)
{
	str_format(body, sizeof(body), "{\"news\":%u,\"pad\":\"%.*s\"}", n, (int)(n * 7 % 90),
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
		"abcdefghijkl");
	return eventlog_append(l, EVENT_TROUBLE, "", NULL, body);
}

struct living {
	unsigned count;	  // to restate
	unsigned longest; // piece
	unsigned begun;	  // snapshots
	struct eventlog *other;
};

static bool restate(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	struct living *living = arg;
	uint64_t end = place->at + EVENTLOG_PIECE;
	unsigned n = 0;

	living->begun += place->at == 0;
	for (; place->at < living->count && place->at < end; place->at++, n++) {
		str_format(body, sizeof(body), "{\"alive\":%u}", (unsigned)place->at);
		eventlog_append(l, EVENT_AGENT_STATE, "acme", NULL, body);
	}
	if (n > living->longest)
		living->longest = n;
	return place->at < living->count;
}

struct found {
	unsigned news, begins, ends, restated;
	unsigned between; // news within a snapshot
	uint64_t last;
};

// Every record, in order and without a gap; news by their numbers.
static void read_all(const char *dir, struct found *out)
{
	struct eventlog_reader *r;
	struct event e;
	unsigned number;
	int rc;

	*out = (struct found){};
	ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
	while ((rc = eventlog_reader_next(r, &e)) == 1) {
		ck_assert_uint_eq(e.sequence, out->last + 1);
		out->last = e.sequence;
		if (e.type == EVENT_TROUBLE) {
			ck_assert_msg(sscanf(e.body, "{\"news\":%u,", &number) == 1, "%s", e.body);
			ck_assert_uint_eq(number, out->news++);
			ck_assert(!e.snapshot);
			ck_assert_int_eq(e.body[e.body_len - 1], '}');
			out->between += out->begins > out->ends;
			continue;
		}
		ck_assert(e.snapshot);
		out->begins += e.type == EVENT_SNAPSHOT_BEGIN;
		out->ends += e.type == EVENT_SNAPSHOT_END;
		if (e.type == EVENT_AGENT_STATE)
			ck_assert_int_eq(sscanf(e.body, "{\"alive\":%u}", &number), 1);
		out->restated += e.type == EVENT_AGENT_STATE || e.type == EVENT_RECORDING_STARTED;
	}
	ck_assert_msg(rc == 0, "%d: %s", rc, eventlog_reader_damage(r));
	eventlog_reader_close(r);
}

START_TEST(what_turns_a_segment_is_whole)
{
	char dir[64];
	struct living living = {.count = 3};
	struct found found;
	struct eventlog *l = log_open(folder_new(dir), 0);

	eventlog_set_snapshot(l, restate, &living);
	for (unsigned n = 0; n < 2000; n++) {
		news(l, n);
		if (n % 3 == 0)
			turn(l);
	}
	settle(l);
	eventlog_close(l);
	read_all(dir, &found);
	ck_assert_uint_eq(found.news, 2000);
	ck_assert_uint_ge(found.begins, 40);
	ck_assert_uint_eq(found.begins, segments_count(dir));
	ck_assert_uint_eq(found.ends, found.begins);
	ck_assert_uint_eq(found.restated, 3 * found.ends);
	folder_remove(dir);
}
END_TEST

START_TEST(a_snapshot_goes_in_by_pieces_with_the_news_between)
{
	char dir[64];
	struct living living = {.count = ALIVE};
	struct found found;
	struct eventlog *l = log_open(folder_new(dir), 0);
	unsigned n = 0;

	eventlog_set_snapshot(l, restate, &living);
	// Far more than a segment holds while it goes in: it is not begun again and again.
	for (; n < 2000; n++) {
		news(l, n);
		turn(l);
	}
	settle(l);
	eventlog_close(l);
	ck_assert_uint_le(living.longest, EVENTLOG_PIECE);
	read_all(dir, &found);
	ck_assert_uint_eq(found.news, n);
	ck_assert_uint_gt(found.between, ALIVE / EVENTLOG_PIECE / 2);
	ck_assert_uint_ge(found.ends, 2);
	ck_assert_uint_eq(found.begins, segments_count(dir));
	folder_remove(dir);
}
END_TEST

// First sequence that a start would read.
static uint64_t start_reads_from(const char *dir)
{
	struct eventlog_reader *r;
	struct event e;

	ck_assert_int_eq(eventlog_reader_open_snapshot(dir, &r), 0);
	ck_assert_int_eq(eventlog_reader_next(r, &e), 1);
	eventlog_reader_close(r);
	return e.sequence;
}

// News until another segment has begun; its first sequence.
static uint64_t fill_segment(struct eventlog *l, struct living *living, unsigned *n)
{
	struct eventlog_status s;
	unsigned begun = living->begun;

	while (living->begun == begun) {
		news(l, (*n)++);
		turn(l);
	}
	eventlog_status(l, &s);
	return s.appended;
}

START_TEST(until_its_snapshot_is_whole_a_start_reads_the_segment_before)
{
	char dir[64];
	struct living living = {.count = ALIVE};
	struct segments list;
	struct eventlog *l = log_open(folder_new(dir), 1); // keep nothing that is not needed
	unsigned n = 0;

	eventlog_set_snapshot(l, restate, &living);
	fill_segment(l, &living, &n); // the first is begun
	settle(l);
	uint64_t second = fill_segment(l, &living, &n); // the next is begun, and no more
	eventlog_passed(l, second);
	eventlog_close(l); // as a kill would
	ck_assert_int_eq(segments_list(dir, &list), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_uint_eq(start_reads_from(dir), list.first[0]);
	// The next process makes it whole, in that segment; then the one before may go.
	l = log_open(dir, 1);
	eventlog_set_snapshot(l, restate, &living);
	eventlog_passed(l, second);
	ck_assert_uint_eq(segments_count(dir), 2);
	news(l, n);
	settle(l);
	struct eventlog_status s;
	eventlog_status(l, &s);
	eventlog_passed(l, s.written);
	for (unsigned i = 0; i < 100 && segments_count(dir) > 1; i++)
		turn(l);
	eventlog_close(l);
	ck_assert_uint_eq(segments_count(dir), 1);
	ck_assert_uint_eq(start_reads_from(dir), list.first[1]);
	segments_free(&list);
	folder_remove(dir);
}
END_TEST

// The first time so much at once that memory's bound on what waits for the disk is met.
static bool restate_too_much(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	static char large[60001];
	unsigned *times = arg;

	if ((*times)++ > 0)
		return false;
	memset(large, ' ', sizeof(large) - 1);
	large[0] = '{', large[sizeof(large) - 2] = '}';
	for (unsigned n = 0; n < 1300; n++)
		eventlog_append(l, EVENT_CALL_STARTED, "acme", NULL, large);
	return false;
}

START_TEST(a_snapshot_that_lost_records_is_made_again)
{
	char dir[64];
	struct eventlog_status s;
	struct eventlog_reader *r;
	struct event e;
	unsigned times = 0, begins = 0, ends = 0, n = 0;
	struct eventlog *l = log_open(folder_new(dir), 0);

	eventlog_set_snapshot(l, restate_too_much, &times);
	while (times == 0) {
		news(l, n++);
		turn(l);
	}
	eventlog_status(l, &s);
	ck_assert_uint_gt(s.dropped, 0);
	ck_assert_uint_eq(start_reads_from(dir), 1); // there is no other
	settle(l);
	while (times < 2) {
		news(l, n++);
		turn(l);
	}
	settle(l);
	eventlog_close(l);
	ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
	while (eventlog_reader_next(r, &e) == 1) {
		begins += e.type == EVENT_SNAPSHOT_BEGIN;
		ends += e.type == EVENT_SNAPSHOT_END;
	}
	eventlog_reader_close(r);
	ck_assert_uint_eq(begins, 2);
	ck_assert_uint_eq(ends, 1);
	folder_remove(dir);
}
END_TEST

struct sparse {
	unsigned looks, looks_most; // in all, of one piece
	uint64_t bytes_most;	    // that one appended
	unsigned body_bytes;	    // of each record
	bool over;
};

#define SPARSE (50 * EVENTLOG_PIECE_LOOKS)
#define SELDOM (5 * EVENTLOG_PIECE_LOOKS) // of so many things is there something to say of one

static bool restate_sparse(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	static char large[30001];
	struct sparse *s = arg;
	unsigned looks = 0;
	uint64_t bytes = 0;

	memset(large, ' ', s->body_bytes);
	large[0] = '{', large[s->body_bytes - 1] = '}', large[s->body_bytes] = '\0';
	for (; place->at < SPARSE && eventlog_piece_goes_on(l); place->at++, looks++) {
		if (place->at % SELDOM != SELDOM - 1 && s->body_bytes == 2)
			continue;
		eventlog_append(l, EVENT_RECORDING_STARTED, "acme", NULL, large);
		bytes += s->body_bytes;
		if (s->body_bytes > 2)
			place->at += SPARSE / 20; // some of them will do
	}
	s->looks += looks;
	s->looks_most = looks > s->looks_most ? looks : s->looks_most;
	s->bytes_most = bytes > s->bytes_most ? bytes : s->bytes_most;
	s->over = place->at >= SPARSE;
	return !s->over;
}

static void sparse_run(struct sparse *s, struct found *found)
{
	char dir[64];
	struct eventlog *l = log_open(folder_new(dir), 0);
	unsigned n = 0;

	eventlog_set_snapshot(l, restate_sparse, s);
	while (s->looks == 0) {
		news(l, n++);
		turn(l);
	}
	// No news any more: a piece that appended nothing is followed by the next all the same.
	for (unsigned i = 0; i < 200 && !s->over; i++)
		turn(l);
	settle(l);
	eventlog_close(l);
	read_all(dir, found);
	ck_assert_uint_eq(found->ends, 1);
	folder_remove(dir);
}

START_TEST(a_piece_is_as_much_as_it_looks_at)
{
	struct sparse s = {.body_bytes = 2};
	struct found found;

	sparse_run(&s, &found);
	ck_assert_uint_eq(s.looks, SPARSE);
	ck_assert_uint_eq(found.restated, SPARSE / SELDOM);
	ck_assert_uint_le(s.looks_most, EVENTLOG_PIECE_LOOKS);
	ck_assert_uint_gt(s.looks_most, EVENTLOG_PIECE_LOOKS / 2);
}
END_TEST

START_TEST(a_piece_is_as_long_as_its_bytes)
{
	struct sparse s = {.body_bytes = 30000};
	struct found found;

	sparse_run(&s, &found);
	ck_assert_uint_ge(found.restated, 20);
	ck_assert_uint_le(s.bytes_most, EVENTLOG_PIECE_BYTES + s.body_bytes);
	ck_assert_uint_gt(s.bytes_most, EVENTLOG_PIECE_BYTES / 2);
}
END_TEST

UNIT_MAIN("eventlog segment", what_turns_a_segment_is_whole,
	a_snapshot_goes_in_by_pieces_with_the_news_between,
	until_its_snapshot_is_whole_a_start_reads_the_segment_before,
	a_snapshot_that_lost_records_is_made_again, a_piece_is_as_much_as_it_looks_at,
	a_piece_is_as_long_as_its_bytes)
