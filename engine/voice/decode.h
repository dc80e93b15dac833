// Frames heard: concealed where a bridge packs anew.
#pragma once

#include "engine/voice/playout.h"

// Fills what is missing in a frame and keeps the sound's history. Only
// what was missing changes, save behind a loss whose end had not come yet: there the first good
// sound fades in (conceal.h).
// False: nothing has come for so long that there is nothing to pass on.
bool decode_conceal(struct worker *w, struct session *s, struct law_frame *f);
