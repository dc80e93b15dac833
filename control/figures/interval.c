// Intervals by the zone's own rules: the C library knows them, SQLite only the present offset.
#include "control/figures/interval.h"

#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

#define QUARTER_S 900 // clocks are changed at such moments
#define DAY_S	  86400

static const struct {
	const char *name;
	time_t seconds;
} widths[FIGURES_EVERIES] = {
	[FIGURES_5_MIN] = {"5m", 300},
	[FIGURES_15_MIN] = {"15m", 900},
	[FIGURES_30_MIN] = {"30m", 1800},
	[FIGURES_DAY] = {"day", DAY_S},
	[FIGURES_WHOLE] = {"whole", 0},
};

bool figures_every_parse(const char *text, enum figures_every *out)
{
	for (unsigned i = 0; i < FIGURES_EVERIES; i++) {
		if (!str_equal(text, widths[i].name))
			continue;
		*out = i;
		return true;
	}
	return false;
}

uint64_t figures_every_ns(enum figures_every e)
{
	return (uint64_t)widths[e].seconds * NS_PER_S;
}

uint64_t figures_every_least_ns(enum figures_every e)
{
	if (e == FIGURES_WHOLE)
		return UINT64_MAX;
	// The shortest day of a change of clocks has 22 hours or more.
	return (uint64_t)(e == FIGURES_DAY ? DAY_S - 7200 : widths[e].seconds) * NS_PER_S;
}

// Days since 1970, as the local calendar has them.
static int64_t local_day(time_t at)
{
	struct tm t;

	localtime_r(&at, &t);
	return (at + t.tm_gmtoff) / DAY_S;
}

// The first moment of the day behind: near what a day of 24 hours says, then by quarters, as a
// midnight may come twice or not at all.
static time_t day_end(time_t at)
{
	struct tm t;
	int64_t day = local_day(at);

	localtime_r(&at, &t);
	time_t end = at - (at + t.tm_gmtoff) % DAY_S + DAY_S;
	end -= end % QUARTER_S;
	while (local_day(end - QUARTER_S) > day)
		end -= QUARTER_S;
	while (local_day(end) <= day)
		end += QUARTER_S;
	return end;
}

uint64_t figures_interval_end(uint64_t at_ns, enum figures_every e)
{
	time_t at = (time_t)(at_ns / NS_PER_S);
	struct tm t;

	if (e == FIGURES_WHOLE)
		return UINT64_MAX;
	if (e == FIGURES_DAY)
		return (uint64_t)day_end(at) * NS_PER_S;
	localtime_r(&at, &t);
	return (uint64_t)(at - (at + t.tm_gmtoff) % widths[e].seconds + widths[e].seconds) *
		NS_PER_S;
}

uint64_t figures_day_begins(uint64_t at_ns)
{
	time_t at = (time_t)(at_ns / NS_PER_S);
	time_t before = at - at % QUARTER_S;

	// From within the day before its end is this one's beginning.
	while (local_day(before) >= local_day(at) && at - before < 2 * DAY_S)
		before -= QUARTER_S;
	return (uint64_t)day_end(before) * NS_PER_S;
}

void figures_local(uint64_t at_ns, char out[32])
{
	time_t at = (time_t)(at_ns / NS_PER_S);
	struct tm t;

	localtime_r(&at, &t);
	if (!strftime(out, 32, "%Y-%m-%d %H:%M %z", &t))
		out[0] = '\0';
}
