// One run of a load from its first call to its last packet.
#pragma once

#include "bench/ringload/load.h"

// 0, or -errno with what is wrong; then load_fini all the same.
int load_init(struct load *l, struct profile *p, char error[256]);
void load_fini(struct load *l);
// Returns when all calls have ended, at the profile's bounds at the latest. progress may be NULL;
// it is called five times a second.
typedef void load_progress_h(const struct load *l, double seconds);
void load_run(struct load *l, load_progress_h *progress);
void load_stop(void); // for a signal: no more calls, those there are hang up
