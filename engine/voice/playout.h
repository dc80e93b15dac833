// The ear of a session, clocked half: arrived sound goes into the jitter buffer, and each tick
// takes 20 ms out of it. It runs only where sound must be heard: while digits are collected, and
// while a bridge has to pack sound anew.
#pragma once

#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

// Starts, restarts or stops the ear as the session's flags want it.
void playout_update(struct worker *w, struct session *s);
// Starts it anew: the codec or the far end has changed.
void playout_restart(struct worker *w, struct session *s);
enum jitter_put playout_put(struct worker *w, struct session *s, const struct rtp_packet *p);

// Where a packet that was put stands there, in units of 8 kHz, as jitter_ts says it.
uint32_t playout_ts(struct worker *w, const struct session *s, const struct rtp_packet *p);

// The next tick, of a session whose codec is G.711. False: no stream.
bool playout_pull(struct worker *w, struct session *s, struct law_frame *f);
// The same of a codec with state; coder_decode makes G.711 of it.
bool playout_pull_coded(struct worker *w, struct session *s, struct coded_frame *f);
