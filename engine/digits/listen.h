// In-band digits: each frame that the ear took is listened to.
#pragma once

#include "engine/voice/session_state.h"

// Listens to a frame. Sound that is missing is left out and not replaced: a tone with a hole
// then stays one digit, as it was one press.
void digits_listen(struct worker *w, struct session *s, const struct law_frame *f);
