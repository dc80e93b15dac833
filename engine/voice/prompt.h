// The play queue of a session: prompts from the store, appended, looped, barged into; or a tone.
// Each PLAY ends in exactly one PLAYED. A prompt follows the one before it without a gap, sample
// by sample.
#pragma once

#include "engine/voice/session_state.h"

int prompt_play(struct worker *w, struct session *s, const struct gate_msg *m); // 0 or -errno
// A call-progress tone instead, until something is played or stopped; TONE_NONE ends it.
int prompt_tone(struct worker *w, struct session *s, uint16_t tone); // 0; -EINVAL: no such tone
void prompt_stop(struct worker *w, struct session *s, enum gate_played_why why);
// A digit came: ends the first prompt that may be barged into, and all behind it.
void prompt_barge(struct worker *w, struct session *s);
// Sends the next 20 ms, filled up with silence where the queue ends. False: there was nothing to
// play.
bool prompt_speak(struct worker *w, struct session *s);
