// From the ports to the sessions.
#pragma once

#include "engine/worker.h"

unsigned deliver_poll(struct worker *w);   // packets received
unsigned deliver_handed(struct worker *w); // what other workers handed over
