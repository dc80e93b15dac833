// The rooms that a configuration speaks of. A table of addresses: config calls what stands here,
// and includes none of it.
#include "control/modules.h"

#include "control/ivr/check.h"
#include "control/ivr/steps.h"
#include "control/queue/check.h"

static const struct config_module list[] = {
	{"queues", queue_check, queue_reference},
	{"flows", ivr_check, ivr_reference},
	{NULL},
};

const struct config_modules control_modules = {list, ivr_steps};
