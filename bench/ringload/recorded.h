// What the server recorded of callers against what they said, byte by byte.
#pragma once

#include <jansson.h>

#include "bench/ringload/results.h"

// Compares up to profile.recordings of the calls, evenly chosen; the server's files have to be
// there on this machine. calls: what history_calls gave. 0, or -EIO with what went wrong in error.
int recorded_compare(
	const struct load *l, const json_t *calls, struct recorded_report *report, char error[256]);
