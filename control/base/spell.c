// What stands, and since when it does not.
#include "control/base/spell.h"

void spell_init(struct spell *s, uint64_t calm_ms, uint64_t calm_max_ms)
{
	*s = (struct spell){.calm_ms = calm_ms, .calm_max_ms = calm_max_ms, .needs_ms = calm_ms};
}

// How long it must stay away: longer when it was not away for long.
static void spell_begin(struct spell *s, uint64_t now_ms)
{
	bool soon = s->ended && now_ms - s->ended_ms < 2 * s->needs_ms;

	s->needs_ms = soon ? 2 * s->needs_ms : s->calm_ms;
	if (s->needs_ms > s->calm_max_ms)
		s->needs_ms = s->calm_max_ms;
	s->stands = true;
}

bool spell_take(struct spell *s, bool begins, bool stays, uint64_t now_ms)
{
	if (s->stands ? stays : begins)
		s->seen_ms = now_ms;
	if (!s->stands && begins) {
		spell_begin(s, now_ms);
		return true;
	}
	if (!s->stands || now_ms - s->seen_ms < s->needs_ms)
		return false;
	s->stands = false;
	s->ended = true;
	s->ended_ms = now_ms;
	return true;
}
