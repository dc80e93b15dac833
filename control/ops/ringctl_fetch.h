// A recording out of the folder of the service.
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct fetch {
	const char *to; // NULL: the standard output
	bool force;	// overwrites what is there
};

// row: of `recordings show`. 0 and a sentence about it; 1: the sentence says what is wrong. What is
// not as its ledger says is not written.
int fetch_recording(const json_t *row, const struct fetch *f, char sentence[512]);
