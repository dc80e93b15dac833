// What the rooms above bring into a configuration: the kinds of steps of a flow, and what must hold
// between values that are theirs. It is handed to who loads one (control/modules.h has the
// daemon's), so that a step's or a policy's rule lives with its module.
#pragma once

#include <stdio.h>

#include "control/config/step.h"

struct config_module {
	const char *map; // of a tenant: "queues", whose keys the reference stands below
	void (*check)(struct config_read *r); // once each value is right by itself
	void (*reference)(FILE *out);	      // Markdown below the map's keys; NULL: nothing
};

struct config_modules {
	const struct config_module *list;	     // checked in this order; ends with map NULL
	const struct config_step_kind *const *steps; // ends in NULL
};
