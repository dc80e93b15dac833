// Walking a document by the schema: types, ranges, unknown and double keys, all in one pass.
#pragma once

#include "control/config/read.h"

// Fills r->config from r->doc. Mistakes go to r->problems; values with one stay zero. 0, or
// -ENOMEM or -E2BIG: what is there is not whole.
int config_walk(struct config_read *r);
