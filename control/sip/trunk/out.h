// Where a call out goes: the targets of a trunk and of those that it fails over to, in the order in
// which they are tried, and the number as the carrier of each wants it.
#pragma once

#include "control/sip/trunk/trunk.h"

#define OUT_SILENT_MS  30000 // a silent target comes last for so long
#define OUT_REST_MAX_S 3600  // whatever a carrier asks for

struct out_try {
	struct trunk *trunk; // held, until out_drop
	struct config_listen at;
};

// Those that asked to be left alone are not among them, silent ones come last. Returns how many.
unsigned out_tries(struct trunks *ts, const struct config_trunk *first,
	struct out_try tries[CONFIG_TARGETS_MAX]);
void out_drop(struct out_try *tries, unsigned count);
// The longest beginning that fits is replaced. 0, or -EMSGSIZE.
int out_number(const struct config_out *o, const char *number, char out[NUMBER_TEXT_MAX]);
// Is it one of these? Where calls are led on to and passwords answered: a trunk's own hosts alone.
// Its peers are not asked: they say who may call us, and may be half the world.
bool out_owns(const struct config_listen *targets, unsigned count, const struct addr *host);
