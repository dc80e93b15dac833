// What the store forgets: a year in simulated time ends at its bounds, of days and of bytes; what
// is open, lies elsewhere or belongs to another tenant stays; the thread does it by itself.
#include <sys/stat.h>

#include "control/store/found.h"
#include "engine/base/log.h"
#include "tests/unit/control/store/store_node.h"
#include "tests/unit/control/store/store_year.h"
#include "tests/unit/unit.h"

START_TEST(a_year_ends_at_its_days)
{
	struct year y;

	year_begin(&y);
	y.bounds = (struct store_bounds){.history_days = 30, .recording_days = 10};
	for (unsigned day = 0; day < 365; day++) {
		live_a_day(&y);
		if (day != 60)
			continue;
		// From here on nothing grows.
		ck_assert_int_le(file_bytes(&y), 3 << 20);
	}
	printf("a year: %llu records, %u steps, file of %lld bytes\n",
		(unsigned long long)y.sequence, y.steps, (long long)file_bytes(&y));
	ck_assert_int_le(file_bytes(&y), 3 << 20);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM calls"), 30 * CALLS_A_DAY);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM agent_states"), 30 * STATES_A_DAY);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 10 * RECORDS_A_DAY);
	ck_assert_uint_eq(
		shell_number("find %s -name '*.wav' | wc -l", y.recordings), 10 * RECORDS_A_DAY);
	// Days that are over leave no folder behind.
	ck_assert_uint_le(shell_number("find %s -type d | wc -l", y.recordings), 3 + 2 * 11);
	year_end(&y);
}
END_TEST

START_TEST(bytes_bound_both)
{
	struct year y;
	int64_t block = 8192, bound = 1 << 20;

	year_begin(&y);
	y.bounds = (struct store_bounds){.history_bytes = bound, .recording_bytes = 50 * block};
	for (unsigned day = 0; day < 60; day++) {
		live_a_day(&y);
		ck_assert_int_le(file_bytes(&y), bound);
	}
	int64_t took = db_value(y.dir, "SELECT sum(bytes) FROM recordings");
	ck_assert_int_le(took, 50 * block);
	ck_assert_int_gt(took, 40 * block);
	ck_assert_uint_eq(512 *
			shell_number("find %s -name '*.wav' -printf '%%b\n' | "
				     "awk '{n+=$1} END {print n}'",
				y.recordings),
		took);
	// The newest are those that stay, of both tables.
	ck_assert_int_gt(db_value(y.dir, "SELECT count(*) FROM calls"), 10 * CALLS_A_DAY);
	ck_assert_int_gt(db_value(y.dir, "SELECT min(started) FROM calls"), START_NS + 10 * DAY_NS);
	ck_assert_int_lt(db_value(y.dir,
				 "SELECT abs((SELECT min(started) FROM calls) - "
				 "(SELECT min(time) FROM agent_states))"),
		2 * DAY_NS);
	// A bound that becomes smaller gives room back to the file system.
	y.bounds.history_bytes = 1 << 18;
	retain_all(&y);
	db_close(y.db);
	char error[512];
	ck_assert_int_eq(db_open(y.dir, &y.db, error), 0);
	ck_assert_int_le(file_bytes(&y), 1 << 18);
	year_end(&y);
}
END_TEST

// Of the call that began last, and of calls whose end the log lost before the store heard of it.
static void put_segments(struct year *y, unsigned lost)
{
	struct callid id = {.node = 1, .counter = (uint32_t)y->sequence, .start = y->now_ns};
	char body[200];

	for (unsigned i = 0; i <= lost; i++) {
		str_format(body, sizeof(body),
			"{\"queue\":\"sales\",\"started\":%llu,\"ended\":%llu,\"why\":\"left\"}",
			(unsigned long long)y->now_ns, (unsigned long long)y->now_ns + i);
		put(y, EVENT_CALL_SEGMENT, &id, body);
		id = (struct callid){.node = 2, .counter = (uint32_t)y->sequence, .start = i + 1};
	}
}

#define SEGMENTS "SELECT count(*) FROM segments"
#define LOST	 SEGMENTS " WHERE call NOT IN (SELECT call FROM calls)"

// An agent who came before the first day that is kept is there still.
static void ck_stays(const struct store_bounds *bounds)
{
	static const char came[] = "{\"agent\":\"ann\",\"from\":\"signed-out\",\"to\":\"ready\"}";
	static const char left[] = "{\"agent\":\"bob\",\"from\":\"ready\",\"to\":\"signed-out\"}";
	struct year y;

	year_begin(&y);
	y.bounds = *bounds;
	ck_assert_int_eq(db_begin(y.db), 0);
	put(&y, EVENT_AGENT_STATE, NULL, came);
	put(&y, EVENT_AGENT_STATE, NULL, left);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	for (unsigned day = 0; day < 60; day++)
		live_a_day(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM agent_states WHERE agent='ann'"), 1);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM agent_states WHERE agent='bob'"), 0);
	ck_assert_int_gt(
		db_value(y.dir, "SELECT min(time) FROM agent_states WHERE agent='sue'"), START_NS);
	ck_assert_int_gt(db_value(y.dir, "SELECT min(started) FROM calls"), START_NS + 10 * DAY_NS);
	year_end(&y);
}

START_TEST(who_has_been_there_for_long_stays)
{
	ck_stays(&(struct store_bounds){.history_days = 30});
	ck_stays(&(struct store_bounds){.history_bytes = 1 << 20});
}
END_TEST

START_TEST(segments_of_calls_that_never_come_go)
{
	struct year y;

	year_begin(&y);
	y.bounds = (struct store_bounds){.history_days = 10};
	for (unsigned day = 0; day < 30; day++) {
		y.sequence++;
		put_segments(&y, 20);
		live_a_day(&y);
	}
	ck_assert_int_eq(db_value(y.dir, LOST), 10 * 21);
	year_end(&y);
}
END_TEST

// By bytes the oldest of all go, and no segment before its call.
START_TEST(bytes_bound_lost_segments)
{
	struct year y;
	int64_t bound = 1 << 19;

	year_begin(&y);
	y.bounds = (struct store_bounds){.history_bytes = bound};
	for (unsigned day = 0; day < 20; day++) {
		ck_assert_int_eq(db_begin(y.db), 0);
		for (unsigned i = 0; i < CALLS_A_DAY; i++) {
			y.now_ns += NS_PER_S;
			put_call(&y);
			y.sequence--;
			put_segments(&y, 40);
		}
		ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
		y.now_ns += DAY_NS;
		retain_all(&y);
		ck_assert_int_le(file_bytes(&y), bound + bound / 4);
	}
	ck_assert_int_gt(db_value(y.dir, LOST), 0);
	ck_assert_int_eq(db_value(y.dir,
				 "SELECT count(*) FROM calls c WHERE NOT EXISTS (SELECT 1 FROM "
				 "segments s WHERE s.call=c.call)"),
		0);
	year_end(&y);
}
END_TEST

START_TEST(without_bounds_all_stays)
{
	struct year y;

	year_begin(&y);
	for (unsigned day = 0; day < 5; day++)
		live_a_day(&y);
	y.now_ns += 10000 * DAY_NS;
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM calls"), 5 * CALLS_A_DAY);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 5 * RECORDS_A_DAY);
	year_end(&y);
}
END_TEST

// A tenant's recordings on a disk of their own, by a link that nobody else can have laid.
START_TEST(a_link_of_ours_is_followed)
{
	char path[300], command[600];
	struct year y;
	struct found f;

	year_begin(&y); // on 2023-11-14
	str_format(command, sizeof(command),
		"cd %s && mkdir -p disk/acme/2023-11-01 rec && ln -s ../disk/acme rec/acme && "
		"echo sound "
		">disk/acme/2023-11-01/120000-100-+86-0123456789abcdef0123456789abcdef.wav",
		y.dir);
	ck_assert_int_eq(system(command), 0);
	str_format(path, sizeof(path), "%s/rec/acme/2023-11-01", y.dir);
	found_init(&f, y.recordings, 0);
	found_restart(&f);
	while (found_step(&f, y.db, y.now_ns, 0) == 1)
		;
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings WHERE tenant='acme'"), 1);
	y.bounds = (struct store_bounds){.recording_days = 13};
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 0);
	ck_assert_int_eq(access(path, F_OK), -1); // its day went with it
	ck_assert_uint_eq(shell_number("find %s/disk/acme | wc -l", y.dir), 1);
	found_fini(&f);
	year_end(&y);
}
END_TEST

// Names in the database are not believed: what they lead to stays, whatever it is.
START_TEST(only_recordings_of_the_folder_go)
{
	static const char *const names[] = {"%s/outside.wav", "%s/rec/../outside.wav",
		"%s/rec/acme/../../outside.wav", "%s/rec/acme/link/linked.wav",
		"%s/rec/acme/2024-000/soft.wav", "%s/rec/acme/2024-000/note.txt", "%s/rec/top.wav",
		"%s/recorder/a/b.wav", "/etc/passwd"};
	char path[300], command[1000];
	struct year y;

	year_begin(&y);
	y.bounds = (struct store_bounds){.recording_days = 3};
	str_format(command, sizeof(command),
		"cd %s && mkdir -p rec/acme/2024-000 elsewhere recorder/a && "
		"touch outside.wav elsewhere/linked.wav rec/acme/2024-000/note.txt rec/top.wav "
		"recorder/a/b.wav && ln -s ../../elsewhere rec/acme/link && "
		"ln -s ../../../outside.wav rec/acme/2024-000/soft.wav && "
		"chmod g+w rec/acme", // others may have laid the link
		y.dir);
	ck_assert_int_eq(system(command), 0);
	unsigned long before = shell_number("find %s | wc -l", y.dir);
	ck_assert_int_eq(db_begin(y.db), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		str_format(path, sizeof(path), names[i], y.dir);
		put_recording(&y, "acme", path, true);
	}
	put_recording(&y, "acme", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	y.now_ns += 2 * DAY_NS;
	retain_all(&y); // a jump of less than a day each
	y.now_ns += 2 * DAY_NS;
	log_set_level("store", LOG_ERROR);
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 0);
	ck_assert_uint_eq(shell_number("find %s | wc -l", y.dir), before);
	year_end(&y);
}
END_TEST

START_TEST(what_is_open_stays)
{
	struct year y;

	year_begin(&y);
	y.bounds = (struct store_bounds){.recording_days = 1, .recording_bytes = 1};
	ck_assert_int_eq(db_begin(y.db), 0);
	put_recording(&y, "acme", NULL, false);
	put_recording(&y, "acme", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	for (unsigned hours = 0; hours < 74; hours++) {
		y.now_ns += 3600 * NS_PER_S;
		retain_all(&y);
		ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 1);
	}
	ck_assert_uint_eq(shell_number("find %s -name '*.wav' | wc -l", y.recordings), 1);
	// No recording is that long: its end was lost with the log.
	y.now_ns += 2 * 3600 * NS_PER_S;
	retain_all(&y);
	ck_assert_uint_eq(shell_number("find %s -name '*.wav' | wc -l", y.recordings), 0);
	year_end(&y);
}
END_TEST

// Equal names in two tenants: the files of the one that has none to lose stay.
START_TEST(tenants_stay_apart)
{
	struct year y;

	year_begin(&y);
	y.bounds = (struct store_bounds){.recording_days = 3};
	ck_assert_int_eq(db_begin(y.db), 0);
	uint64_t sequence = y.sequence;
	put_recording(&y, "acme", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	y.now_ns += 3 * DAY_NS - NS_PER_S;
	ck_assert_int_eq(db_begin(y.db), 0);
	y.sequence = sequence; // the same file name in the other tenant's folder
	put_recording(&y, "zeta", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 2);
	y.now_ns += 2 * NS_PER_S;
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 1);
	ck_assert_uint_eq(shell_number("find %s/zeta -name '*.wav' | wc -l", y.recordings), 1);
	ck_assert_uint_eq(shell_number("find %s/acme -name '*.wav' | wc -l", y.recordings), 0);
	year_end(&y);
}
END_TEST

// A clock that is set 40 days ahead by mistake costs nothing, if it is set right within a day.
START_TEST(a_clock_that_jumps_is_not_believed_at_once)
{
	struct year y;
	uint64_t mono = 0;

	year_begin(&y);
	y.bounds = (struct store_bounds){.history_days = 30};
	live_a_day(&y);
	mono = y.now_ns - START_NS;
	log_set_level("store", LOG_ERROR);
	for (unsigned hour = 0; hour < 23; hour++) {
		mono += 3600 * NS_PER_S;
		int rc = retain_step(
			&y.retain, y.db, &y.bounds, START_NS + 40 * DAY_NS + mono, mono);
		ck_assert_int_eq(rc, 0);
	}
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM calls"), CALLS_A_DAY);
	// A node that was off so long: after a day of running it is believed.
	for (unsigned hour = 0; hour < 3; hour++) {
		mono += 3600 * NS_PER_S;
		while (retain_step(&y.retain, y.db, &y.bounds, START_NS + 40 * DAY_NS + mono,
			       mono) == 1)
			;
	}
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM calls"), 0);
	year_end(&y);
}
END_TEST

// What cannot be removed is said, holds nothing else up, and is over when it can be.
START_TEST(a_file_that_stays_is_said)
{
	struct store_notice n;
	struct year y;
	char day[200];

	year_begin(&y);
	y.bounds = (struct store_bounds){.recording_days = 3};
	ck_assert_int_eq(db_begin(y.db), 0);
	put_recording(&y, "acme", NULL, true);
	put_recording(&y, "zeta", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	// A folder in the place of its file: whoever runs this, it cannot be opened as one.
	str_format(day, sizeof(day), "%s/acme/2024-000", y.recordings);
	ck_assert_int_eq(chmod(day, 0), 0);
	y.now_ns += DAY_NS;
	retain_all(&y);
	for (unsigned i = 0; i < 3; i++) {
		y.now_ns += DAY_NS;
		retain_all(&y);
	}
	if (geteuid()) {
		ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 1);
		ck_assert(ring_pop(y.alarms.notices, &n));
		ck_assert_int_eq(n.kind, STORE_RETENTION);
		ck_assert_int_eq(n.what, NOTICE_BEGINS);
	}
	chmod(day, 0750);
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 0);
	if (geteuid()) {
		ck_assert(ring_pop(y.alarms.notices, &n));
		ck_assert_int_eq(n.what, NOTICE_OVER);
	}
	year_end(&y);
}
END_TEST

// What is left of a database that was lost: files without rows are listed, count and grow old.
START_TEST(files_without_rows_are_found)
{
	char command[600];
	struct year y;
	struct found f;

	year_begin(&y); // on 2023-11-14
	str_format(command, sizeof(command),
		"cd %s && mkdir -p acme/2023-11-01 acme/2023-11-02 acme/2023-11-14 acme/notes && "
		"for d in 01 02 14; do for n in $(seq 100 250); do echo sound "
		">acme/2023-11-$d/120000-$n-+8610-0123456789abcdef0123456789abcd$d.wav; done; "
		"done; "
		"touch acme/2023-11-02/readme acme/2023-11-02/x.wav acme/notes/120000-100-1-2.wav "
		"&& "
		"mkdir -p zeta/2023-11-03 && ln -s acme link",
		y.recordings);
	ck_assert_int_eq(system(command), 0);
	found_init(&f, y.recordings, 0);
	ck_assert_int_eq(found_step(&f, y.db, y.now_ns, 0), 0); // not due
	log_set_level("store", LOG_ERROR);
	for (unsigned walks = 0; walks < 2; walks++) {
		found_restart(&f);
		while (found_step(&f, y.db, y.now_ns, 0) == 1)
			;
		ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 302);
	}
	ck_assert_int_eq(db_value(y.dir,
				 "SELECT count(*) FROM recordings WHERE tenant='acme' AND "
				 "call='0123456789abcdef0123456789abcd01'"),
		151);
	ck_assert_uint_eq(shell_number("find %s/zeta -type d | wc -l", y.recordings), 1);
	y.bounds = (struct store_bounds){.recording_days = 13};
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 151);
	ck_assert_uint_eq(shell_number("find %s/acme/2023-11-02 | wc -l", y.recordings), 154);
	ck_assert_uint_eq(shell_number("find %s/acme/2023-11-14 | wc -l", y.recordings), 152);
	ck_assert_uint_eq(shell_number("find %s -name 2023-11-01 | wc -l", y.recordings), 0);
	found_fini(&f);
	year_end(&y);
}
END_TEST

// The thread forgets by itself, while it takes in and answers.
START_TEST(the_thread_forgets)
{
	struct node n;

	folder_new(n.dir);
	node_start(&n);
	for (unsigned i = 1; i <= 3000; i++) // of 1970
		put_ended(&n, i, "1001");
	node_wait_passed(&n, put_ended(&n, 3001, "1001"));
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM calls"), 3001);
	node_stop(&n);
	node_start_bounded(&n, &(struct store_bounds){.history_days = 1});
	while (db_value(n.dir, "SELECT count(*) FROM calls"))
		node_poll(&n, 20);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

UNIT_MAIN("store_retain", a_year_ends_at_its_days, bytes_bound_both, bytes_bound_lost_segments,
	who_has_been_there_for_long_stays, segments_of_calls_that_never_come_go,
	without_bounds_all_stays, a_link_of_ours_is_followed, only_recordings_of_the_folder_go,
	what_is_open_stays, tenants_stay_apart, a_clock_that_jumps_is_not_believed_at_once,
	a_file_that_stays_is_said, files_without_rows_are_found, the_thread_forgets)
