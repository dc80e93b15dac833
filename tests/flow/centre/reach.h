// How far its queue has been widened for a caller, and who could take it there: surely, and at
// most, for messages take a while.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/flow/centre/plan.h"

struct spot {
	struct plan_place at;
	bool counted; // what follows is of this place and of the plan in force
	uint32_t takes, may_take;
};

struct reach {
	struct spot surely, at_most;
	bool vague; // a reload came while these differed, or behind another one
};

void reach_joins(struct reach *r, const struct plan *p, unsigned step);
void reach_widens(struct reach *r, const struct plan *p, uint64_t waited_ms, uint64_t grace_ms);
// Behind reach_widens() while the plan is still in force, in which the caller surely stood at ring
// when another reload had just come (else: ring is where it stands).
void reach_before_reload(struct reach *r, unsigned ring);
void reach_reloads(struct reach *r);
bool reach_in_vain(const struct reach *r, const struct plan *p); // as wide as it comes, or vague
