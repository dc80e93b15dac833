// A load without SIP: streams to far ends that somebody else has set up, one a line of a file.
#pragma once

#include "bench/ringload/load.h"

// Before load_init: reads the far ends; calls becomes their number. 0, or -EINVAL with why.
int streams_load(struct profile *p, char error[256]);
void streams_start(struct load *l);
void streams_stop(struct load *l);
