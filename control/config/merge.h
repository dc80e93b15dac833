// Merges of YAML 1.1 (`<<: *alias`, `<<: [*one, *other]`), done in the document before it is read.
#pragma once

#include "control/config/read.h"

// A map keeps what it says itself; of a list the earlier one wins. What cannot be merged is told
// and left out. 0, -ENOMEM, or -E2BIG (told): more would come of it than any file needs.
int config_merge(struct config_read *r);
