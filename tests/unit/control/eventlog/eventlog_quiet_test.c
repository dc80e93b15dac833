// A turn's records are one write, begun at its end; its completion wakes nobody while nobody waits,
// and is seen all the same.
#include "tests/unit/unit.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/base/late.h"
#include "control/base/timer.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"

static char folder[40];
static uint64_t now_ms;
static struct timers timers;
static struct dlist turn;
static struct eventlog *event_log;

static uint64_t mono_ms(void *arg)
{
	(void)arg;
	return now_ms;
}

static uint64_t wall_ns(void *arg)
{
	(void)arg;
	return 1000000000;
}

static void setup(void)
{
	struct eventlog_options options = {.timers = &timers, .sync = EVENTLOG_SYNC_NEVER};
	struct eventlog_report report;

	str_copy(folder, sizeof(folder), "/tmp/eventlog_quiet.XXXXXX");
	ck_assert(mkdtemp(folder));
	timers_init(&timers, &(struct timers_clock){mono_ms, wall_ns, NULL});
	options.directory = folder;
	ck_assert_int_eq(eventlog_open(&options, &event_log, &report), 0);
	late_begin(&turn);
}

static void teardown(void)
{
	char command[64];

	late_end();
	eventlog_close(event_log);
	str_format(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static bool woken(int patience_ms)
{
	struct pollfd p = {.fd = eventlog_fd(event_log), .events = POLLIN};

	return poll(&p, 1, patience_ms) == 1;
}

static uint64_t tell(void)
{
	return eventlog_append(event_log, EVENT_DRAIN, "", NULL, "{}");
}

// Turns until all is in the file that was appended; the first record opens the segment.
static void write_all(void)
{
	struct eventlog_status s;

	for (;;) {
		(void)late_run();
		if (woken(0))
			eventlog_poll(event_log);
		eventlog_status(event_log, &s);
		if (s.written == s.appended)
			return;
		ck_assert(s.held_bytes);
		now_ms++;
		timers_run(&timers, now_ms);
	}
}

static void on_written(uint64_t sequence, void *arg)
{
	*(uint64_t *)arg = sequence;
}

START_TEST(a_turn_is_one_write)
{
	struct eventlog_status s;

	setup();
	tell();
	write_all();
	for (unsigned i = 0; i < 10; i++)
		tell();
	if (woken(20)) // by what is long over; nothing is on its way before the turn ends
		eventlog_poll(event_log);
	ck_assert_uint_eq(eventlog_written(event_log), 1);
	(void)late_run();
	eventlog_status(event_log, &s);
	ck_assert_uint_eq(s.appended, 11);
	write_all();
	ck_assert_uint_eq(eventlog_written(event_log), 11);
	teardown();
}
END_TEST

START_TEST(nobody_waits_and_nobody_is_woken)
{
	setup();
	tell();
	write_all();
	while (woken(200)) // a completion is seen a moment before it wakes
		eventlog_poll(event_log);
	tell();
	(void)late_run();
	ck_assert(!woken(50)); // written long since
	now_ms += 100;
	timers_run(&timers, now_ms);
	ck_assert(woken(10000)); // a look at it comes
	while (eventlog_written(event_log) != 2) {
		eventlog_poll(event_log);
		(void)woken(10);
	}
	teardown();
}
END_TEST

START_TEST(who_waits_is_woken)
{
	uint64_t heard = 0, sequence;

	setup();
	tell();
	write_all();
	sequence = tell();
	ck_assert_int_eq(eventlog_when_written(event_log, sequence, on_written, &heard), 0);
	(void)late_run();
	while (!heard) {
		ck_assert(woken(10000));
		eventlog_poll(event_log);
	}
	ck_assert_uint_eq(heard, sequence);
	teardown();
}
END_TEST

// The write is on its way, and may have ended, when somebody begins to wait for it.
START_TEST(who_waits_late_is_woken)
{
	setup();
	tell();
	write_all();
	for (unsigned i = 0; i < 100; i++) {
		uint64_t heard = 0, sequence = tell();
		(void)late_run();
		if (i % 2)
			(void)poll(NULL, 0, 1);
		ck_assert_int_eq(eventlog_when_written(event_log, sequence, on_written, &heard), 0);
		while (!heard) {
			ck_assert(woken(10000));
			eventlog_poll(event_log);
		}
	}
	teardown();
}
END_TEST

// What is appended while a write is on its way goes with the end of that one, or by itself.
START_TEST(batches_follow_each_other)
{
	setup();
	tell();
	write_all();
	for (unsigned i = 0; i < 200; i++) {
		tell();
		(void)late_run();
		tell();
		write_all();
	}
	ck_assert_uint_eq(eventlog_written(event_log), 401);
	teardown();
}
END_TEST

// As a program stops: what the last turn appended is in the file.
START_TEST(a_close_writes_what_no_turn_began)
{
	setup();
	tell();
	write_all();
	tell();
	tell();
	ck_assert_uint_eq(eventlog_close(event_log), 3);
	event_log = NULL;
	teardown();
}
END_TEST

UNIT_MAIN("eventlog quiet", a_turn_is_one_write, nobody_waits_and_nobody_is_woken,
	who_waits_is_woken, who_waits_late_is_woken, batches_follow_each_other,
	a_close_writes_what_no_turn_began)
