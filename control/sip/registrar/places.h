// From where may anybody sign in? Where no agent's `from` says so, nobody needs to be asked for a
// password, nor told that we are here.
#pragma once

#include <stdbool.h>

#include "control/config/config.h"

struct places { // zeroed: nowhere
	bool anywhere;
	struct config_prefix *list; // distinct, owned
	unsigned count;
};

void places_configure(struct places *p, const struct config *config); // without memory: anywhere
void places_drop(struct places *p);
bool places_have(const struct places *p, const struct addr *source);
