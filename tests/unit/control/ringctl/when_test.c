// Times as people say them, in their zone.
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/contract/moment.h"
#include "control/ringctl/when.h"
#include "engine/base/clock.h"

#define NOW 1793534400 // 2026-11-01T12:00:00Z

static char error[256];

static const char *when(const char *zone, const char *text)
{
	static char out[WHEN_MAX];
	setenv("TZ", zone, 1);
	tzset();
	return when_parse(text, NOW, out, error) ? out : "";
}

#define is(zone, text, wanted) ck_assert_str_eq(when(zone, text), wanted)

START_TEST(words_and_days)
{
	is("UTC", "today", "2026-11-01T00:00:00Z");
	is("UTC", "yesterday", "2026-10-31T00:00:00Z");
	is("CET-1CEST,M3.5.0,M10.5.0/3", "today", "2026-10-31T23:00:00Z");
	is("EST5EDT,M3.2.0,M11.1.0", "today", "2026-11-01T04:00:00Z"); // it began in summer time
	is("UTC", "2h", "2026-11-01T10:00:00Z");
	is("UTC", "30m", "2026-11-01T11:30:00Z");
	is("UTC", "7d", "2026-10-25T12:00:00Z");
	is("CST-8", "2026-02-28", "2026-02-27T16:00:00Z");
	is("CST-8", "2026-02-28 13:05", "2026-02-28T05:05:00Z");
	is("CST-8", "2026-02-28T13:05:07", "2026-02-28T05:05:07Z");
	is("CST-8", "2026-02-28T13:05:07+01:00", "2026-02-28T12:05:07Z");
	is("CST-8", "2026-02-28T13:05:07.25Z", "2026-02-28T13:05:07Z");
}
END_TEST

START_TEST(what_is_none_is_said)
{
	static const char *const none[] = {"", "tomorow", "2026", "2026-02", "2026-02-30",
		"2026-13-01", "2026-02-28 25:00", "2026-02-28 13", "2026-02-28 13:0x", "2x", "h",
		"2h30m", "-2h", "2026-02-28T13:05:07+0100", "99999999999h", "28.02.2026"};
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		is("UTC", none[i], "");
		ck_assert_msg(strstr(error, "expected a time") != NULL, "%s: %s", none[i], error);
	}
}
END_TEST

START_TEST(hours_that_never_come_or_come_twice)
{
	const char *cet = "CET-1CEST,M3.5.0,M10.5.0/3";
	is(cet, "2026-03-29 02:30", "");
	ck_assert_ptr_nonnull(strstr(error, "there is no 2026-03-29 02:30 here"));
	is(cet, "2026-03-29 01:59", "2026-03-29T00:59:00Z");
	is(cet, "2026-03-29 03:00", "2026-03-29T01:00:00Z");
	is(cet, "2026-10-25 02:30", "");
	ck_assert_ptr_nonnull(strstr(error, "comes twice"));
	ck_assert_ptr_nonnull(strstr(error, "2026-10-25T00:30:00Z or 2026-10-25T01:30:00Z"));
	is(cet, "2026-10-25 03:00", "2026-10-25T02:00:00Z");
	is(cet, "2026-10-25", "2026-10-24T22:00:00Z");
	is(cet, "2026-07-01 12:00", "2026-07-01T10:00:00Z");
}
END_TEST

START_TEST(the_socket_takes_rfc_3339)
{
	uint64_t ns;
	ck_assert(moment_parse("1970-01-01T00:00:01Z", &ns) && ns == NS_PER_S);
	ck_assert(moment_parse("2026-11-01T13:00:00.5+01:00", &ns));
	ck_assert_uint_eq(ns, NOW * NS_PER_S + NS_PER_S / 2);
	ck_assert(moment_parse("2026-11-01t12:00:00z", &ns) && ns == NOW * NS_PER_S);
	ck_assert(!moment_parse("2026-11-01", &ns));
	ck_assert(!moment_parse("2026-11-01T12:00:00", &ns));
	ck_assert(!moment_parse("2026-02-29T12:00:00Z", &ns));
	ck_assert(!moment_parse("2026-00-01T12:00:00Z", &ns));
	ck_assert(!moment_parse("2026-11-01T12:00:00Zx", &ns));
	ck_assert(!moment_parse("1969-01-01T12:00:00Z", &ns));
	// Behind all that a record may say, and not before it.
	ck_assert(moment_parse("2262-04-11T23:47:15Z", &ns) && ns < INT64_MAX);
	ck_assert(moment_parse("2263-01-01T00:00:00Z", &ns) && ns <= INT64_MAX);
	ck_assert_uint_gt(ns, NOW * NS_PER_S);
	ck_assert(moment_parse("9999-12-31T23:59:59.9Z", &ns) && ns <= INT64_MAX);
	ck_assert_uint_gt(ns, NOW * NS_PER_S);
}
END_TEST

UNIT_MAIN("when", words_and_days, what_is_none_is_said, hours_that_never_come_or_come_twice,
	the_socket_takes_rfc_3339)
