// RFC 3339 5.6.
#include "control/contract/moment.h"

#include <ctype.h>
#include <stddef.h>
#include <time.h>

#include "engine/base/clock.h"

// Records have signed nanoseconds, until the year 2262: what is later is as good as never.
#define LAST_S ((time_t)(INT64_MAX / NS_PER_S))

// As many digits; false: there are others, or the number is above most.
static bool number(const char **at, unsigned digits, int most, int *out)
{
	*out = 0;
	for (; digits > 0; digits--, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		*out = *out * 10 + **at - '0';
	}
	return *out <= most;
}

static bool sign(const char **at, char wanted)
{
	return *(*at)++ == wanted;
}

static bool fraction(const char **at, uint64_t *ns)
{
	*ns = 0;
	if (**at != '.')
		return true;
	++*at;
	if (!isdigit((unsigned char)**at))
		return false;
	for (uint64_t unit = NS_PER_S / 10; isdigit((unsigned char)**at); unit /= 10)
		*ns += (uint64_t)(*(*at)++ - '0') * unit;
	return true;
}

static bool zone(const char **at, int *offset_s)
{
	int hours, minutes, east = **at == '+' ? 1 : -1;
	*offset_s = 0;
	if (**at == 'Z' || **at == 'z') {
		++*at;
		return true;
	}
	if (**at != '+' && **at != '-')
		return false;
	++*at;
	if (!number(at, 2, 23, &hours) || !sign(at, ':') || !number(at, 2, 59, &minutes))
		return false;
	*offset_s = east * (hours * 3600 + minutes * 60);
	return true;
}

bool moment_parse(const char *text, uint64_t *ns)
{
	struct tm tm = {0}, same;
	const char *at = text;
	uint64_t rest;
	int offset_s;
	if (!number(&at, 4, 9999, &tm.tm_year) || !sign(&at, '-') ||
		!number(&at, 2, 12, &tm.tm_mon) || !sign(&at, '-') ||
		!number(&at, 2, 31, &tm.tm_mday) || (*at != 'T' && *at != 't' && *at != ' '))
		return false;
	at++;
	if (!number(&at, 2, 23, &tm.tm_hour) || !sign(&at, ':') ||
		!number(&at, 2, 59, &tm.tm_min) || !sign(&at, ':') ||
		!number(&at, 2, 60, &tm.tm_sec) || !fraction(&at, &rest) || !zone(&at, &offset_s) ||
		*at != '\0' || tm.tm_mon == 0 || tm.tm_mday == 0)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	same = tm;
	time_t s = timegm(&same);
	if (same.tm_mday != tm.tm_mday || s - offset_s < 0) // 31 February
		return false;
	s -= offset_s;
	*ns = s < LAST_S ? (uint64_t)s * NS_PER_S + rest : LAST_S * NS_PER_S;
	return true;
}
