// A recording into a file of the operator's, or to the output.
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct fetch {
	const char *to; // NULL: the standard output
	bool force;	// overwrites what is there
};

// Whether there is a place for it, before anybody is asked for it: 0; 1: the sentence says why not.
int fetch_place(const struct fetch *f, char sentence[512]);
// row: of `recordings open`; from: its file, -1: none came. 0 and a sentence about it; 1: the
// sentence says what is wrong. What is not as its ledger says is not written.
int fetch_recording(const json_t *row, int from, const struct fetch *f, char sentence[512]);
