// Speech and silence: the level of what a session receives, watched frame by frame where WATCH
// asked for it. Where nobody did it costs a bit's test in a tick.
//
// SPEECH is told once the level has been at the threshold or above it for speech_ms without a
// break, SILENCE once it has been lower than the threshold by more than the hysteresis for
// silence_ms. Levels between the two end a run and begin none. A digit that sounds is neither;
// where nothing comes there is silence, but single frames that are lost say nothing.
#pragma once

#include "engine/voice/session_state.h"

// 0 or -EINVAL. The caller starts or stops the ear.
int watch_set(struct session *s, const struct gate_watch *how);
// A frame out of the ear, after the DTMF gate has heard it.
void watch_frame(struct worker *w, struct session *s, const struct law_frame *f);
// The ear has stopped: who spoke does no more.
void watch_end(struct worker *w, struct session *s);
