// Digits sent against digits that ringhall reported, by its call records.
#pragma once

#include <jansson.h>

#include "bench/ringload/results.h"

// calls: what history_calls gave.
void digits_compare(const struct load *l, const json_t *calls, struct digits_report *report);
