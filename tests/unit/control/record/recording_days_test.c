// Recordings over the days on which clocks are set on and back: no two have one name, each lies in
// the folder of its local day, and what is found by its name alone is given the time that it was.
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/store/found.h"
#include "control/record/name.h"
#include "tests/unit/control/store/store_year.h"

#define STEP_S 173 // the ms differ, the minutes come near each other
#define STEPS  600 // 28 hours and more

static const struct zone {
	const char *tz; // as POSIX has it: no machine's time zones are needed
	uint64_t change_s[2];
} zones[] = {
	{"EST5EDT,M3.2.0,M11.1.0", {1772953200, 1793512800}},		    // New York, 2026
	{"CET-1CEST,M3.5.0,M10.5.0/3", {1774746000, 1792890000}},	    // Berlin
	{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", {1775314800, 1791041400}}, // Lord Howe: 30 min
	{"<-04>4<-03>,M9.1.6/24,M4.1.6/24", {1775358000, 1788667200}},	    // Santiago: at midnight
};

struct days {
	struct year y;
	char ids[2 * STEPS][RECORDING_ID_MAX];
	uint64_t ns[2 * STEPS];
	unsigned count;
};

// call: which one; its recordings are apart by their times alone.
static void add(struct days *d, unsigned call, uint64_t ns)
{
	const struct recording_request q = {.tenant = "acme",
		.caller = "+12125550100",
		.call = {.node = 1, .counter = call, .start = 3},
		.wall_ns = ns};
	char file[RECORDING_FILE_MAX], day[16];
	time_t seconds = ns / NS_PER_S;
	struct tm tm;

	ck_assert_int_eq(recording_name(d->y.recordings, &q, d->ids[d->count], file), 0);
	ck_assert_int_eq(recording_make_folders(file), 0);
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600); // none has its name
	ck_assert_msg(fd >= 0, "%s is there already", file);
	close(fd);
	localtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "/%Y-%m-%d/", &tm);
	ck_assert_ptr_nonnull(strstr(file, day));
	d->ns[d->count++] = ns;
}

static void ck_found(struct days *d)
{
	char sql[256];
	struct found f;

	d->y.now_ns = d->ns[d->count - 1] + 10 * DAY_NS;
	found_init(&f, d->y.recordings, 0);
	found_restart(&f);
	while (found_step(&f, d->y.db, d->y.now_ns, 0) == 1)
		;
	found_fini(&f);
	ck_assert_int_eq(db_value(d->y.dir, "SELECT count(*) FROM recordings"), d->count);
	for (unsigned i = 0; i < d->count; i += 5) {
		str_format(sql, sizeof(sql), "SELECT started FROM recordings WHERE id='%s'",
			d->ids[i]);
		ck_assert_msg(db_value(d->y.dir, sql) == (int64_t)d->ns[i], "%s", d->ids[i]);
	}
}

START_TEST(over_both_changes)
{
	for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
		static struct days d;
		d = (struct days){0};
		setenv("TZ", zones[z].tz, 1);
		tzset();
		year_begin(&d.y);
		for (unsigned change = 0; change < 2; change++)
			for (unsigned i = 0; i < STEPS; i++)
				add(&d, change,
					(zones[z].change_s[change] + i * STEP_S -
						STEPS / 2 * STEP_S) *
							NS_PER_S +
						i % 1000 * NS_PER_MS);
		ck_found(&d);
		year_end(&d.y);
	}
	unsetenv("TZ");
	tzset();
}
END_TEST

// The same call, to the millisecond: an hour apart, at each change and beside it.
START_TEST(the_same_minute_twice)
{
	static struct days d;

	setenv("TZ", zones[0].tz, 1);
	tzset();
	d = (struct days){0};
	year_begin(&d.y);
	for (int hour = -6; hour < 6; hour++)
		add(&d, 0, (zones[0].change_s[1] + hour * 3600 + 1800) * NS_PER_S);
	ck_assert_int_eq(strncmp(d.ids[5], "013000-", 7), 0);
	ck_assert_int_eq(strncmp(d.ids[6], "013000b-", 8), 0);
	ck_assert_int_eq(strncmp(d.ids[7], "023000-", 7), 0);
	ck_found(&d);
	year_end(&d.y);
	unsetenv("TZ");
	tzset();
}
END_TEST

UNIT_MAIN("recording_days", over_both_changes, the_same_minute_twice)
