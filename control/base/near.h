// What was probably meant by a name that is none.
#pragma once

#include <stdbool.h>

#define NEAR_NAME_MAX 64

// Edits (change, insert, delete a character) that turn a into b; NEAR_NAME_MAX: b is too long.
unsigned near_edits(const char *a, const char *b);

struct near { // zeroed but for wanted; then each name that there is
	const char *wanted;
	bool known; // it is one
	unsigned edits;
	char name[NEAR_NAME_MAX]; // the nearest one; "": none is near
};

void near_try(struct near *n, const char *name);
