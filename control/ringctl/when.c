// Times as people say them.
#include "control/ringctl/when.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "control/contract/moment.h"
#include "engine/base/str.h"

#define DAY_S 86400

static bool give(time_t t, char out[WHEN_MAX])
{
	struct tm tm;
	gmtime_r(&t, &tm);
	return strftime(out, WHEN_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}

// The first moment of a day, which is not midnight everywhere.
static bool day_begins(struct tm tm, char out[WHEN_MAX])
{
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return give(mktime(&tm), out);
}

static bool is_ago(const char *text, time_t now, char out[WHEN_MAX])
{
	static const struct {
		char unit;
		unsigned s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY_S}};
	char number[16];
	uint64_t n;
	size_t len = strspn(text, "0123456789");
	if (len == 0 || len > 9 || text[len + (text[len] != '\0')] != '\0')
		return false;
	str_copy_n(number, sizeof(number), text, len);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text[len] == units[i].unit && str_u64(number, &n) == 0 &&
			n * units[i].s < (uint64_t)now)
			return give(now - (time_t)(n * units[i].s), out);
	return false;
}

// The clock's reading as this zone has it, in winter time or in summer time. False: it never
// shows it so.
static bool reading(struct tm tm, int summer, time_t *out)
{
	struct tm same = tm;
	same.tm_isdst = summer;
	*out = mktime(&same);
	return same.tm_isdst == summer && same.tm_mday == tm.tm_mday &&
		same.tm_hour == tm.tm_hour && same.tm_min == tm.tm_min;
}

static bool clock_reads(const char *text, struct tm tm, char out[WHEN_MAX], char error[256])
{
	time_t winter, summer;
	bool in_winter = reading(tm, 0, &winter), in_summer = reading(tm, 1, &summer);
	if (!in_winter && !in_summer) {
		str_format(error, 256,
			"there is no %s here: clocks are put forward over it; say a time before or "
			"after it",
			text);
		return false;
	}
	if (in_winter && in_summer && winter != summer) {
		char first[WHEN_MAX], second[WHEN_MAX];
		give(summer < winter ? summer : winter, first);
		give(summer < winter ? winter : summer, second);
		str_format(error, 256, "%s comes twice here, as clocks are put back: say %s or %s",
			text, first, second);
		return false;
	}
	return give(in_winter ? winter : summer, out);
}

bool when_parse(const char *text, time_t now, char out[WHEN_MAX], char error[256])
{
	struct tm tm, same;
	uint64_t ns;
	int year, month, day, hour = 0, minute = 0, second = 0, end = 0, days = 0;
	error[0] = '\0';
	localtime_r(&now, &tm);
	if (moment_parse(text, &ns))
		return give((time_t)(ns / 1000000000), out);
	if (strcmp(text, "today") == 0)
		return day_begins(tm, out);
	if (strcmp(text, "yesterday") == 0) {
		tm.tm_mday--;
		return day_begins(tm, out);
	}
	if (is_ago(text, now, out))
		return true;
	int found = sscanf(text, "%4d-%2d-%2d%n%*1[ T]%2d:%2d%n:%2d%n", &year, &month, &day, &days,
		&hour, &minute, &end, &second, &end);
	size_t len = strlen(text);
	bool whole = (found == 3 && (size_t)days == len) || (found >= 5 && (size_t)end == len);
	same = tm = (struct tm){.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_sec = second};
	if (whole)
		timegm(&same);
	if (!whole || same.tm_mon != month - 1 || same.tm_mday != day || same.tm_hour != hour ||
		same.tm_min != minute || year < 1970) {
		str_format(error, 256,
			"expected a time: 2026-11-29, \"2026-11-29 14:30\", today, yesterday, 30m, "
			"2h, 7d or RFC 3339, got %s",
			text);
		return false;
	}
	return found == 3 ? day_begins(tm, out) : clock_reads(text, tm, out, error);
}
