// The event log's io_uring refuses for a while: nothing is lost, nothing stands still, and it is
// tried again by a timer, since no completion will come for what the kernel did not take.
#include <errno.h>
#include <liburing.h>
#include <poll.h>

#include "control/eventlog/eventlog.h"
#include "control/base/timer.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

#define RECORDS 300

int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);

static struct {
	uint64_t now_ms;
	unsigned submits;      // so far
	unsigned from, refuse; // those from that one on, so many of them
	int error;
} sim;

int __wrap_io_uring_submit(struct io_uring *ring)
{
	unsigned n = sim.submits++;

	if (n >= sim.from && n < sim.from + sim.refuse)
		return sim.error;
	return __real_io_uring_submit(ring);
}

static struct timers timers;

static uint64_t mono_ms(void *arg)
{
	return sim.now_ms;
}

static uint64_t wall_ns(void *arg)
{
	return sim.now_ms * 1000000;
}

static void begin(unsigned from, unsigned refuse, int error)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};

	memset(&sim, 0, sizeof(sim));
	sim.now_ms = 1000;
	sim.from = from;
	sim.refuse = refuse;
	sim.error = error;
	timers_init(&timers, &clock);
	log_set_level("eventlog", LOG_ERROR);
}

// The loop: time goes on where nothing is ready.
static void turn(struct eventlog *l)
{
	struct pollfd p = {.fd = eventlog_fd(l), .events = POLLIN};

	if (poll(&p, 1, 1) == 1)
		eventlog_poll(l);
	else
		sim.now_ms += 10;
	timers_run(&timers, sim.now_ms);
}

static bool restate(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	(void)arg;
	eventlog_append(l, EVENT_AGENT_STATE, "", NULL, "{\"agent\":\"1\"}");
	return ++place->at < 5;
}

static unsigned count_all(const char *dir)
{
	struct eventlog_reader *r;
	struct event e;
	unsigned count = 0;
	uint64_t last = 0;
	int rc;

	ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
	while ((rc = eventlog_reader_next(r, &e)) == 1) {
		ck_assert_uint_eq(e.sequence, ++last);
		count += e.type == EVENT_DRAIN;
	}
	ck_assert_int_eq(rc, 0);
	eventlog_reader_close(r);
	return count;
}

// A whole life with several segments; how many submissions it took.
static unsigned live(enum eventlog_sync sync)
{
	char dir[64];
	struct eventlog_options options = {.timers = &timers,
		.directory = folder_new(dir),
		.segment_bytes = 4096,
		.sync = sync};
	struct eventlog_report report;
	struct eventlog_status s;
	struct eventlog *l;

	ck_assert_int_eq(eventlog_open(&options, &l, &report), 0);
	eventlog_set_snapshot(l, restate, NULL);
	for (unsigned n = 0; n < RECORDS; n++) {
		eventlog_append(l, EVENT_DRAIN, "", NULL, "{\"why\":\"some text of some length\"}");
		if (n % 8 == 0)
			turn(l);
	}
	for (unsigned n = 0; n < 1000; n++) {
		turn(l);
		eventlog_status(l, &s);
		if (s.written == s.appended && !s.error)
			break;
	}
	ck_assert_uint_eq(s.written, s.appended);
	ck_assert_int_eq(s.error, 0);
	ck_assert_uint_eq(s.dropped, 0);
	for (unsigned n = 0; n < 1000 && sync == EVENTLOG_SYNC_SECOND && s.synced < s.written;
		n++) {
		turn(l);
		eventlog_status(l, &s);
	}
	ck_assert_uint_eq(s.synced, sync == EVENTLOG_SYNC_NEVER ? 0 : s.written);
	eventlog_close(l);
	ck_assert_uint_eq(timers_count(&timers), 0);
	ck_assert_uint_eq(count_all(dir), RECORDS);
	folder_remove(dir);
	return sim.submits;
}

static void each_is_refused(enum eventlog_sync sync, unsigned times, int error)
{
	begin(UINT32_MAX, 0, 0);
	unsigned submits = live(sync);
	unsigned step = submits / 60 + 1, met = 0;

	// How much goes at once is the disk's affair: on a slow one 300 records go in ten pieces.
	ck_assert_uint_gt(submits, 8);
	for (unsigned n = 0; n < submits; n += step) {
		begin(n, times, error);
		live(sync);
		met += sim.submits > n;
	}
	ck_assert_uint_ge(met, 6);
}

START_TEST(any_submission_is_refused_once)
{
	each_is_refused(EVENTLOG_SYNC_NEVER, 1, -EAGAIN);
	each_is_refused(EVENTLOG_SYNC_ALWAYS, 1, -EAGAIN);
}
END_TEST

START_TEST(any_submission_is_refused_for_long)
{
	each_is_refused(EVENTLOG_SYNC_SECOND, 100, -ENOMEM);
}
END_TEST

START_TEST(no_place_in_the_queue)
{
	// Taken for good: the queue fills up with what is tried meanwhile.
	begin(3, 400, -EBUSY);
	live(EVENTLOG_SYNC_SECOND);
	ck_assert_uint_ge(sim.submits, 403);
}
END_TEST

UNIT_MAIN("eventlog refused", any_submission_is_refused_once, any_submission_is_refused_for_long,
	no_place_in_the_queue)
