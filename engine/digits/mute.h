// Muting the digits of a session that is relayed at once: where its digits are collected, its
// packets are listened to as they come. The run-in of a digit (58 ms at most: 38.25 ms until it
// is seen and what is left of the packet) has passed by then, the rest of it is silence.
#pragma once

#include "engine/rtp/rtp.h"
#include "engine/voice/playout.h"
#include "engine/voice/session_state.h"

int mutes_init(struct session_table *t, uint32_t sessions); // 0 or -ENOMEM
void mutes_fini(struct session_table *t);
size_t mutes_bytes(uint32_t sessions);

// After each command: begins or ends it as bridge, COLLECT and MASK want it. Where too many are
// muted already the digits are heard.
void mute_settle(struct session_table *t, struct session *s);
void mute_free(struct session_table *t, struct session *s); // the session closes

// A packet that is to be relayed at once: silence instead while a digit sounds.
void mute_packet(struct worker *w, struct session *s, struct rtp_packet *p);
// The same of a codec with state, as its ear hears it: later by the jitter buffer's delay.
void mute_coded(struct worker *w, struct session *s, struct rtp_packet *p);
// A frame that the session's ear has heard.
void mute_frame(struct worker *w, struct session *s, struct law_frame *f);
