// References: names in the configuration become indices and pointers once all things are known.
#pragma once

#include "control/config/read.h"

// Resolves r->refs; names that stand for nothing, or for two things, are problems. Fills the
// sorted look-ups of r->config.
void config_refs_resolve(struct config_read *r);
