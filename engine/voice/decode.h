// Frames heard: decoded, listened to for DTMF, concealed and passed on where a bridge packs anew.
#pragma once

#include "engine/voice/playout.h"

// Listens to a frame. Sound that is missing is left out and not replaced: a tone with a hole
// then stays one digit, as it was one press.
void decode_listen(struct worker *w, struct session *s, const struct law_frame *f);
// Fills what is missing in a frame and keeps the sound's history. Only
// what was missing changes, save behind a loss whose end had not come yet: there the first good
// sound fades in (conceal.h).
// False: nothing has come for so long that there is nothing to pass on.
bool decode_conceal(struct worker *w, struct session *s, struct law_frame *f);
