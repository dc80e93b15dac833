// What the server kept of this run's calls, by its command socket.
#pragma once

#include <jansson.h>

#include "bench/ringload/load.h"

// Call records of the calls that were answered, once all are there or after some seconds. New
// reference; NULL with what went wrong.
json_t *history_calls(const struct load *l, char error[256]);
// Rows of recordings, of other runs too. New reference; NULL with what went wrong.
json_t *history_recordings(const struct load *l, char error[256]);
// How many-th call of the load a record is about.
uint64_t history_count(const json_t *call);
