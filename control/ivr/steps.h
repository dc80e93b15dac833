// The kinds of steps, each a file with its keys, its check, what it does and its row.
#pragma once

#include "control/config/step.h"

#define STEPS(X)      \
	X(play)       \
	X(menu)       \
	X(queue)      \
	X(conference) \
	X(set)        \
	X(branch)     \
	X(lookup)     \
	X(hangup)

#define X(name) extern const struct config_step_kind step_##name;
STEPS(X)
#undef X

extern const struct config_step_kind *const ivr_steps[]; // in that order; ends in NULL
