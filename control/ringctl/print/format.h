// Values of rows as text for people: durations, counts, bytes, times, and the colour they get.
#pragma once

#include <jansson.h>

#include "control/ringctl/print/text.h"

#define FORMAT_MAX	   512 // bytes of one value; longer ones are cut
#define FORMAT_CALL_DIGITS 14  // of a start time in ns: two calls within 256 ns look alike

enum format {
	FORMAT_TEXT,
	FORMAT_STATE,	 // text, coloured by what it says
	FORMAT_CALL,	 // 32 hex digits, of which the first suffice
	FORMAT_COUNT,	 // 1,234,567
	FORMAT_LIMIT,	 // a count, null: none
	FORMAT_TROUBLE,	 // a count that should be 0
	FORMAT_DURATION, // integer ms: 0:07.3, 1:02:03
	FORMAT_US,	 // integer us, shown in ms: 12.3
	FORMAT_SECONDS,	 // of sound, from samples at 8000 a second
	FORMAT_BYTES,	 // 1.5 MiB
	FORMAT_PERCENT,	 // 12.3 %
	FORMAT_TIME,	 // local time, with the date unless it is today
	FORMAT_YES,	 // yes, or no in red
	FORMAT_NO,	 // no, or yes in red
	FORMAT_HEX,	 // 32 bits
	FORMAT_FILE,	 // a path: cut in front, its end tells more
	FORMAT_LIST,	 // an array of texts
};

// Clean text of at most FORMAT_MAX bytes; "-" for null. Returns out.
char *format_value(
	const struct output *o, enum format format, const json_t *value, char out[FORMAT_MAX]);
enum colour format_colour(enum format format, const json_t *value);
bool format_right(enum format format); // numbers stand right
// ns since 1970 of a row's time, an RFC 3339 text in UTC. 0: it is none.
int64_t format_time_ns(const json_t *value);
