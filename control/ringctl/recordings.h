// `recordings check`: the files against what their ledgers promise. ringctl reads them itself, so
// that no disk can hold up the daemon.
#pragma once

#include <jansson.h>
#include <stdbool.h>

// The verdicts on rows of the store's recordings (control/store/tables.c), in their order:
// an array of objects with call, file, samples, result ("ok", "bad", "open") and problem (text or
// null). calls: rows of ended calls, or NULL; those that name a recording which no row has are
// appended as bad.
// One of them by its open file, wherever that lies now: NULL, or what is wrong.
const char *recording_judge_open(const json_t *row, int fd, char why[320]);
json_t *recordings_judge(const json_t *rows, const json_t *calls);

struct recordings_sum {
	unsigned ok, bad, open;
};
struct recordings_sum recordings_sum(const json_t *verdicts);
// "answered 640 = recorded 640, all as their ledgers say" and what may differ from it.
void recordings_sentence(const struct recordings_sum *sum, char out[256]);
