// Memory fetched ahead of a session's turn in the tick, in three stages. Those for a packet are in
// session.h.
#pragma once

#include "engine/voice/session_state.h"

void session_fetch_turn(const struct session_table *t, uint32_t slot); // what every turn touches
void session_fetch_ear(struct worker *w, uint32_t slot); // what the session says: ear, prompt
void session_fetch_sound(struct session_table *t, uint32_t slot); // what the ear says
