// What a conversation's two hear, by the voices that their SDP named.
#include "tests/flow/centre/hears.h"

#include "engine/base/str.h"
#include "tests/flow/sim/far.h"
#include "tests/flow/sim/sim.h"

static bool both_ways(const struct ua_leg *l)
{
	return l != NULL && l->state == LEG_TALKS &&
		l->media.direction == (MEDIA_SEND | MEDIA_RECV);
}

void hears_judge(
	const struct ua_leg *near, const struct ua_leg *far, unsigned caller, unsigned agent)
{
	char name[16];
	if (!both_ways(near) || !both_ways(far))
		return;
	str_format(name, sizeof(name), "a%u", agent);
	const char *hears = sim_voice_hears(sim_voice_at(near->port));
	if (!str_equal(hears, name))
		sim_violation("c%u talks to a%u, and hears \"%s\"", caller, agent, hears);
	str_format(name, sizeof(name), "c%u", caller);
	hears = sim_voice_hears(sim_voice_at(far->port));
	if (!str_equal(hears, name))
		sim_violation("a%u talks to c%u, and hears \"%s\"", agent, caller, hears);
}
