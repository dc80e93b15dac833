// A session's live block, and what is looked after a few times a second.
#pragma once

#include "engine/voice/session_state.h"

#define LIVE_TURNS_PER_S 5

void session_live_write(struct worker *w, const struct session *s, bool closed);
void session_live_turn(struct worker *w, struct session *s); // LIVE_TURNS_PER_S times a second
