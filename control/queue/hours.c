// Hours of the week: from one moment at which they may begin or end to the next, by the zone's
// rules.
#include "control/queue/hours.h"

#include <string.h>

#include "engine/base/str.h"

#define DAY_MINUTES 1440
#define ALL_DAYS    0x7f
#define WEEK_S	    (8 * 86400) // and a day, as a change of clocks may lie in it
#define QUARTER_S   900		// clocks are changed at such moments

// --- as text ---

static const char *const day_names[7] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static bool parse_day(const char **at, unsigned *out)
{
	for (unsigned i = 0; i < 7; i++) {
		if (strncmp(*at, day_names[i], 3) != 0)
			continue;
		*at += 3;
		*out = i;
		return true;
	}
	return false;
}

// "mon" or "fri-mon", and a space.
static bool parse_days(const char **at, uint8_t *out)
{
	unsigned from, to;
	if (!parse_day(at, &from))
		return false;
	to = from;
	if (**at == '-') {
		++*at;
		if (!parse_day(at, &to))
			return false;
	}
	*out = 0;
	for (unsigned i = from;; i = (i + 1) % 7) {
		*out |= (uint8_t)(1u << i);
		if (i == to)
			break;
	}
	return *(*at)++ == ' ';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

// "09:05"; 24:00 is the end of a day.
static bool parse_minute(const char **at, uint16_t *out)
{
	const char *t = *at;
	if (!digit(t[0]) || !digit(t[1]) || t[2] != ':' || !digit(t[3]) || !digit(t[4]))
		return false;
	unsigned hour = (unsigned)(t[0] - '0') * 10 + (unsigned)(t[1] - '0');
	unsigned minute = (unsigned)(t[3] - '0') * 10 + (unsigned)(t[4] - '0');
	*at += 5;
	*out = (uint16_t)(hour * 60 + minute);
	return minute < 60 && *out <= DAY_MINUTES;
}

bool hours_parse(const char *text, struct hours *out)
{
	out->days = ALL_DAYS;
	if (!digit(text[0]) && !parse_days(&text, &out->days))
		return false;
	return parse_minute(&text, &out->from) && *text++ == '-' && parse_minute(&text, &out->to) &&
		*text == '\0' && out->from != out->to && out->from < DAY_MINUTES;
}

// --- by the clock ---

static bool on_day(const struct hours *h, int day)
{
	return h->days >> day & 1;
}

bool hours_in(const struct hours *list, unsigned count, time_t at)
{
	struct tm t;
	localtime_r(&at, &t);
	unsigned minute = (unsigned)(t.tm_hour * 60 + t.tm_min);
	int before = (t.tm_wday + 6) % 7;
	bool in = false;
	for (unsigned i = 0; i < count; i++) {
		const struct hours *h = &list[i];
		if (h->from < h->to)
			in |= on_day(h, t.tm_wday) && minute >= h->from && minute < h->to;
		else
			in |= (on_day(h, t.tm_wday) && minute >= h->from) ||
				(on_day(h, before) && minute < h->to);
	}
	return in;
}

static long offset_s(time_t at)
{
	struct tm t;
	localtime_r(&at, &t);
	return t.tm_gmtoff;
}

// Where some of them begin or end, were the clocks not changed before.
static time_t next_bound(const struct hours *list, unsigned count, time_t at)
{
	struct tm t;
	localtime_r(&at, &t);
	unsigned minute = (unsigned)(t.tm_hour * 60 + t.tm_min), least = DAY_MINUTES;
	for (unsigned i = 0; i < 2 * count; i++) {
		unsigned bound = i % 2 ? list[i / 2].to : list[i / 2].from;
		unsigned left = (bound + DAY_MINUTES - minute) % DAY_MINUTES;
		if (left > 0 && left < least)
			least = left;
	}
	return at - t.tm_sec + (time_t)least * 60;
}

time_t hours_change(const struct hours *list, unsigned count, time_t at)
{
	bool in = hours_in(list, count, at);
	for (time_t t = at; t < at + WEEK_S;) {
		time_t next = next_bound(list, count, t);
		long offset = offset_s(t);
		if (offset_s(next) != offset) { // what the clocks then show may be any hour
			next = t - t % QUARTER_S + QUARTER_S;
			while (offset_s(next) == offset)
				next += QUARTER_S;
		}
		if (hours_in(list, count, next) != in)
			return next;
		t = next;
	}
	return 0;
}

void hours_moment_add(struct str_buf *b, time_t at)
{
	char text[32];
	struct tm t;
	localtime_r(&at, &t);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &t);
	str_buf_add(b, "%s", text);
}
