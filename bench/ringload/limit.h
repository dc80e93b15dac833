// The largest clean load by bisection.
#pragma once

#include "bench/ringload/profile/profile.h"
#include "bench/ringload/results.h"

// One run at p->calls; 0 or -errno, which has been told already.
typedef int limit_run_h(struct profile *p, struct results *out);

// Between 1 and p->calls. Fills out with the best clean run's figures, led by calls_clean_max.
int limit_find(const struct profile *p, limit_run_h *run, struct results *out);
