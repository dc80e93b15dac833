// Notices of a session to control.
#pragma once

#include "engine/voice/session_state.h"

static inline void notice_emit(
	struct worker *w, const struct session *s, enum gate_kind kind, struct gate_msg *m)
{
	m->head.kind = kind;
	m->head.session = s->handle;
	worker_emit(w, m);
}
