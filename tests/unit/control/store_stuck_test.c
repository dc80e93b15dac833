// Bounds that cannot be kept by removing what they mean cost nothing else.
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "tests/unit/control/store_year.h"
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

UNIT_MAIN("store_stuck", what_cannot_go_costs_no_other)
