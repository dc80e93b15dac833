// Values of a profile from their text: 0 or -EINVAL.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum hold_kind { HOLD_FIXED, HOLD_UNIFORM, HOLD_EXPONENTIAL };

struct hold { // how long a caller stays, from the answer on
	enum hold_kind kind;
	uint32_t low_ms, high_ms; // fixed and mean: low_ms
};

int value_number(const char *text, double *out);
int value_ms(const char *text, double *out);	// "250ms", "8s", "2min"
int value_share(const char *text, double *out); // "0.1%" is 0.001
int value_flag(const char *text, bool *out);	// yes, no
// choices: words parted by blanks; out is the word's place.
int value_choice(const char *text, const char *choices, uint32_t *out);
int value_hold(const char *text, struct hold *out);
