// The kinds of steps as one table.
#include "control/ivr/steps.h"

#include <stddef.h>

const struct config_step_kind *const ivr_steps[] = {
#define X(name) &step_##name,
	STEPS(X)
#undef X
		NULL,
};
