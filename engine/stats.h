// What a worker tells of itself and, worker 0, of ports and media addresses.
#pragma once

#include "engine/worker.h"

struct port;

void stats_tick(struct worker *w);			 // once a tick: its counters
void stats_second(struct worker *w, struct port *ports); // once a second
