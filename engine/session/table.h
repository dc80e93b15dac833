// Sessions as they are taken and given back; the table itself is in session.h.
#pragma once

#include "engine/voice/session_state.h"

// NULL, and -errno: the address has no port left, or the table no slot.
struct session *session_take(struct worker *w, uint8_t media, int *error);
void session_give(struct worker *w, struct session *s);
