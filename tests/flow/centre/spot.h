// How far its queue has been widened for a caller, and who could take it there.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/flow/centre/plan.h"

struct spot {
	struct plan_place at;
	bool counted; // what follows is of this place and of the plan in force
	uint32_t takes, may_take;
};

void spot_joins(struct spot *s, const struct plan *p, unsigned step);
void spot_widens(struct spot *s, const struct plan *p, uint64_t waited_ms); // and counts
uint32_t spot_takes_at_last(const struct spot *s, const struct plan *p);    // as wide as it comes
