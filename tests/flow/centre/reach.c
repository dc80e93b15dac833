// A caller's place among the rings, counted again where it or the plan has changed.
#include "tests/flow/centre/reach.h"

void reach_joins(struct reach *r, const struct plan *p, unsigned step)
{
	*r = (struct reach){.surely.at = plan_joins(p, step), .at_most.at = plan_joins(p, step)};
}

static void spot_widens(struct spot *s, const struct plan *p, uint64_t waited_ms)
{
	unsigned ring = s->at.ring;
	s->at = plan_widens(p, &s->at, waited_ms);
	if (s->counted && s->at.ring == ring)
		return;
	s->takes = plan_takes(p, &s->at);
	s->may_take = plan_may_take(p, &s->at);
	s->counted = true;
}

void reach_widens(struct reach *r, const struct plan *p, uint64_t waited_ms, uint64_t grace_ms)
{
	spot_widens(&r->surely, p, waited_ms > grace_ms ? waited_ms - grace_ms : 0);
	spot_widens(&r->at_most, p, waited_ms + grace_ms);
}

void reach_before_reload(struct reach *r, unsigned ring)
{
	r->vague |= r->surely.at.ring != r->at_most.at.ring || r->surely.at.ring != ring;
}

void reach_reloads(struct reach *r)
{
	r->surely.counted = r->at_most.counted = false;
	r->vague |= r->surely.at.ring != r->at_most.at.ring;
}

bool reach_in_vain(const struct reach *r, const struct plan *p)
{
	struct plan_place last = plan_widens(p, &r->surely.at, UINT64_MAX);
	return r->vague || plan_takes(p, &last) == 0;
}
