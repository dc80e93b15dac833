// Digits that a session sends: as telephone-events where they were negotiated, else as tones
// mixed into silence. While digits are sent nothing else goes out.
#pragma once

#include "engine/session_state.h"

// 0; -EINVAL: not a digit, or a length that cannot be; -ENOBUFS: too many wait already.
int dial_add(struct session *s, const char *digits, unsigned on_ms, unsigned off_ms);
void dial_stop(struct session *s);
void dial_tick(struct worker *w, struct session *s); // sends 20 ms; phase is not DIAL_IDLE
