// Hours of the week by the clock on the wall, in the zone of this process: where clocks are changed
// an hour that comes twice counts twice, and one that is left out not at all. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct str_buf;

struct hours {
	uint8_t days;	   // bit by day, from Sunday: those that it begins on
	uint16_t from, to; // minutes of the day; to no later than from: of the next day
};

#define HOURS_EXPECTED "hours of a day, as \"09:00-12:00\" or \"mon-fri 13:00-14:00\""

bool hours_parse(const char *text, struct hours *out); // false: it is none, *out is undefined
bool hours_in(const struct hours *list, unsigned count, time_t at);
// The first moment behind this one when that is otherwise; 0: it stays so, a week at least.
time_t hours_change(const struct hours *list, unsigned count, time_t at);
void hours_moment_add(struct str_buf *b, time_t at); // 2026-06-01 09:00
