// Sessions found by their handles, and those with something to do each tick.
#include "engine/voice/session_state.h"

struct session *session_get(struct session_table *t, const struct worker *w, gate_session handle)
{
	uint32_t slot = (uint32_t)handle;

	if (handle == 0 || gate_session_worker(handle) != w->id || slot >= t->slots)
		return NULL;
	struct session *s = &t->sessions[slot];
	return s->handle == handle ? s : NULL;
}

void session_clock(struct session_table *t, struct session *s)
{
	unsigned subslot = s->slot % SUBSLOTS;

	if (s->out_flags & OUT_CLOCKED)
		return;
	s->out_flags |= OUT_CLOCKED;
	s->clock_index = t->clocked_count[subslot]++;
	t->clocked[subslot][s->clock_index] = s->slot;
}

void session_unclock(struct session_table *t, struct session *s)
{
	unsigned subslot = s->slot % SUBSLOTS;

	if (!(s->out_flags & OUT_CLOCKED))
		return;
	s->out_flags &= (uint16_t)~OUT_CLOCKED;
	uint32_t last = t->clocked[subslot][--t->clocked_count[subslot]];
	t->clocked[subslot][s->clock_index] = last;
	t->sessions[last].clock_index = s->clock_index;
}
