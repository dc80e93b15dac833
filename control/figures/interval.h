// Intervals of a day in the zone of this process, whatever its clocks are changed by.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum figures_every {
	FIGURES_5_MIN,
	FIGURES_15_MIN,
	FIGURES_30_MIN,
	FIGURES_DAY,
	FIGURES_WHOLE, // from the beginning to the end: one
	FIGURES_EVERIES
};

bool figures_every_parse(
	const char *text, enum figures_every *out); // "5m", "15m", "30m", "day", "whole"
// The last interval's length, sliding: a day is 24 hours. 0: FIGURES_WHOLE, which has none.
uint64_t figures_every_ns(enum figures_every e);
uint64_t figures_every_least_ns(enum figures_every e); // none is shorter, but cut ones
// When the interval ends that this moment is in: the beginning of the next one. ns since 1970.
// A day is as long as the zone makes it; a part of an hour that comes twice is two intervals.
uint64_t figures_interval_end(uint64_t at_ns, enum figures_every e);
uint64_t figures_day_begins(uint64_t at_ns);	  // of the day that this moment is in
void figures_local(uint64_t at_ns, char out[32]); // "2026-11-01 01:30 -0500"
