// Bounds that cannot be kept by removing what they mean cost nothing else.
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "tests/unit/control/store/store_year.h"
#include "tests/unit/unit.h"

// What cannot be removed takes its room from nobody else: newer ones stay, up to the bound.
START_TEST(what_cannot_go_costs_no_other)
{
	struct year y;
	char day[200], command[300];
	uid_t me = geteuid();

	year_begin(&y);
	ck_assert_int_eq(db_begin(y.db), 0);
	for (unsigned i = 0; i < 5; i++)
		put_recording(&y, "acme", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	retain_all(&y); // they are measured
	str_format(day, sizeof(day), "%s/acme/2024-000", y.recordings);
	ck_assert_int_eq(chmod(day, 0), 0);
	y.bounds.recording_bytes = 4 * 8192;
	for (unsigned i = 1; i < 4; i++) {
		y.now_ns += DAY_NS;
		ck_assert_int_eq(db_begin(y.db), 0);
		put_recording(&y, "zeta", NULL, true);
		put_recording(&y, "zeta", NULL, true);
		ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
		str_format(command, sizeof(command),
			"chmod 755 %s && cd %s && chmod 755 . && chown -R %u zeta", y.dir,
			y.recordings, me ? me : 65534);
		ck_assert_int_eq(system(command), 0);
		ck_assert_int_eq(seteuid(me ? me : 65534), 0); // root could open it
		retain_all(&y);
		ck_assert_int_eq(seteuid(me), 0);
		ck_assert_int_eq(
			db_value(y.dir,
				"SELECT count(*) FROM recordings WHERE file LIKE '%/zeta/%'"),
			i < 3 ? 2 * i : 4);
	}
	ck_assert_int_eq(chmod(day, 0750), 0);
	retain_all(&y);
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM recordings"), 4);
	year_end(&y);
}
END_TEST

// The same folder, written with a slash at its end: its recordings are found and go.
START_TEST(a_slash_at_the_end_is_the_same_folder)
{
	char slash[100];
	struct year y;

	year_begin(&y);
	ck_assert_int_eq(db_begin(y.db), 0);
	put_recording(&y, "acme", NULL, true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	str_format(slash, sizeof(slash), "%s/", y.recordings);
	retain_init(&y.retain, &y.alarms, slash);
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT bytes FROM recordings"), 8192);
	y.bounds.recording_days = 1;
	for (unsigned i = 0; i < 3; i++) {
		y.now_ns += DAY_NS;
		retain_all(&y);
	}
	ck_assert_uint_eq(shell_number("find %s -name '*.wav' | wc -l", y.recordings), 0);
	year_end(&y);
}
END_TEST

// The ledger of recordings alone is as large as the bound of the history: half of that is left to
// calls and states of agents.
START_TEST(rows_of_recordings_cost_no_calls)
{
	struct year y;

	year_begin(&y);
	for (unsigned day = 0; day < 3; day++)
		live_a_day(&y);
	ck_assert_int_eq(db_begin(y.db), 0);
	for (unsigned i = 0; i < 4000; i++)
		put_recording(&y, "acme", "/elsewhere/acme/2024-000/some-longer-name-of-a-file.wav",
			true);
	ck_assert_int_eq(db_commit(y.db, y.sequence, y.now_ns), 0);
	y.bounds.history_bytes = 1 << 20;
	retain_all(&y);
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM calls"), 3 * CALLS_A_DAY);
	// Which is a bound all the same.
	for (unsigned day = 0; day < 60; day++)
		live_a_day(&y);
	ck_assert_int_gt(db_value(y.dir, "SELECT count(*) FROM calls"), 10 * CALLS_A_DAY);
	ck_assert_int_lt(db_value(y.dir, "SELECT count(*) FROM calls"), 60 * CALLS_A_DAY);
	ck_assert_int_gt(db_value(y.dir, "SELECT min(started) FROM calls"), START_NS + 3 * DAY_NS);
	year_end(&y);
}
END_TEST

// Off over a weekend, then on for ten hours a day: the clock is believed in the end.
START_TEST(a_node_that_is_off_at_night_forgets)
{
	struct year y;
	uint64_t wall = START_NS, mono = 0;

	year_begin(&y);
	y.bounds.history_days = 30;
	live_a_day(&y);
	log_set_level("store", LOG_ERROR);
	wall = y.now_ns + 3 * DAY_NS;
	for (unsigned day = 0; day < 60; day++, wall += 14 * 3600 * NS_PER_S) {
		retain_init(&y.retain, &y.alarms, y.recordings); // a new process
		for (unsigned hour = 0; hour < 10;
			hour++, wall += 3600 * NS_PER_S, mono += 3600 * NS_PER_S)
			while (retain_step(&y.retain, y.db, &y.bounds, wall, mono) == 1)
				;
	}
	ck_assert_int_eq(db_value(y.dir, "SELECT count(*) FROM calls"), 0);
	year_end(&y);
}
END_TEST

UNIT_MAIN("store_stuck", what_cannot_go_costs_no_other, a_slash_at_the_end_is_the_same_folder,
	rows_of_recordings_cost_no_calls, a_node_that_is_off_at_night_forgets)
