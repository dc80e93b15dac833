// Digits that a session sends: as telephone-events where they were negotiated, else as tones
// mixed into silence. While digits are sent nothing else goes out.
#pragma once

#include "engine/voice/session_state.h"

// 0; -EINVAL: not a digit, or a length that cannot be; -ENOBUFS: too many wait already.
int dial_add(struct session *s, const char *digits, unsigned on_ms, unsigned off_ms);
void dial_stop(struct session *s);
// The far end has no events any more, or they count otherwise: the one under way is over, as if its
// end had been lost, and the next digit begins in the new way.
void dial_cut_event(struct session *s);
void dial_tick(struct worker *w, struct session *s); // sends 20 ms; phase is not DIAL_IDLE
