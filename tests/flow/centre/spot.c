// A caller's place among the rings, counted again where it or the plan has changed.
#include "tests/flow/centre/spot.h"

void spot_joins(struct spot *s, const struct plan *p, unsigned step)
{
	*s = (struct spot){.at = plan_joins(p, step)};
}

void spot_widens(struct spot *s, const struct plan *p, uint64_t waited_ms)
{
	unsigned ring = s->at.ring;
	s->at = plan_widens(p, &s->at, waited_ms);
	if (s->counted && s->at.ring == ring)
		return;
	s->takes = plan_takes(p, &s->at);
	s->may_take = plan_may_take(p, &s->at);
	s->counted = true;
}

uint32_t spot_takes_at_last(const struct spot *s, const struct plan *p)
{
	struct plan_place last = plan_widens(p, &s->at, UINT64_MAX);
	return plan_takes(p, &last);
}
