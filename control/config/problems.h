// What is wrong with a configuration, in the order of its file; and what is only unwise: warnings
// refuse nothing.
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "control/config/config.h"

struct config_problem {
	struct config_mark mark;
	char *text; // `file:line:column: key: expected X, got Y`
};

struct config_problems {
	struct config_problem *list;
	unsigned count;
	struct config_problem *warnings; // `file:line:column: warning: key: …`
	unsigned warning_count;
	bool memory; // some could not be kept
};

// A value's place: where it stands and what it is called.
struct config_place {
	const char *file, *key;
	struct config_mark mark;
};

void config_problems_add(struct config_problems *p, const struct config_place *at, const char *fmt,
	va_list args) __attribute__((format(printf, 3, 0)));
void config_problems_say(struct config_problems *p, const struct config_place *at, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));
void config_problems_warn(struct config_problems *p, const struct config_place *at, const char *fmt,
	va_list args) __attribute__((format(printf, 3, 0)));
void config_problems_log(const struct config_problems *p); // its warnings: the first ones, how many
void config_problems_sort(struct config_problems *p);
void config_problems_free(struct config_problems *p);

// The candidate that was probably meant, or NULL: at most two letters differ.
struct config_guess {
	const char *typed, *best;
	unsigned distance;
};
void config_guess_try(struct config_guess *g, const char *candidate); // begin with {.typed = …}
// " (did you mean 'x'?)" or "".
const char *config_guess_text(const struct config_guess *g, char out[128]);
