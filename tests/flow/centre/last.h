// Callers who call again: for whom a queue may keep them until their last agent is back.
#pragma once

#include <stdbool.h>

struct plan;

void last_begin(const struct plan *plan);
void last_talked(unsigned caller); // to some agent
// Whether it may be kept from all others, so long behind its coming or its latest offer.
bool last_may_keep(unsigned caller, unsigned queue, unsigned long long waits_ms);
void last_reloads(void); // a caller keeps what it came with
