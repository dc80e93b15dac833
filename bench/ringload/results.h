// What a run came to: figures by name, of the whole run and of its quiet part, and a verdict.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/ringload/load.h"

#define RESULTS_MAX 96

enum verdict { VERDICT_CLEAN, VERDICT_NOT_CLEAN, VERDICT_NOISY };

struct result {
	char name[32], unit[12];
	double value, quiet; // quiet is NAN where there is one value only
};

struct results {
	struct result item[RESULTS_MAX];
	unsigned count;
	enum verdict verdict;
	char why[512]; // what was not clean
};

// What ringhall reported; asked is false where nobody asked it.
struct digits_report {
	bool asked;
	uint64_t calls, sent, reported, wrong, missing;
	char first[160]; // an example of what is wrong
};

// Recordings against what callers said; frames are packets of sound.
struct recorded_report {
	bool asked;
	uint64_t calls, missing; // compared; of them without a recording that has the caller in it
	uint64_t frames, lost, wrong; // as they were sent; silence in their place; something else
	char first[160];
};

struct records_report {
	struct digits_report digits;
	struct recorded_report recorded;
};

void results_fill(struct results *r, const struct load *l, const struct records_report *records);
double results_value(const struct results *r, const char *name); // NAN: none
void results_print(const struct results *r, FILE *out);
void results_print_json(const struct results *r, FILE *out);
const char *verdict_text(enum verdict v);

int results_save(const struct results *r, const struct profile *p, const char *path);
int results_load(struct results *r, const char *path);
void results_diff(const struct results *old, const struct results *now, FILE *out);
