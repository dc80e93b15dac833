// Where a load may go without asking: this machine alone.
#pragma once

#include <stdbool.h>

struct addr;

// Loopback, an address of this machine, or anything while the network namespace is closed: no
// default route and no interface of a real device. why tells what stands against it.
bool guard_allows(const struct addr *target, const char **why);
