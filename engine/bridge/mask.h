// Masking: digits that nobody else may hear.
//
// A masked session's sound goes through jitter buffer and tick, is listened to, and leaves 60 ms
// later towards legs, mixing bridges and tap. SpanDSP reports a digit at most 306 samples (38.25
// ms) after its first one, at the end of a frame of 160: the three frames that are held then hold
// the digit from its true begin, and are blanked, and so is what follows up to its end. Sound that
// is missing could hide the begin, so what is held at a loss and the 40 ms behind it are blanked
// too. Telephone-events are not passed on, and sound that comes beside one is blanked: a gateway
// may leave its run-in.
//
// The end of masking waits until no digit sounds and what is held is free of them.
#pragma once

#include "engine/rtp/rtp.h"
#include "engine/voice/playout.h"
#include "engine/voice/session_state.h"

#define MASK_FRAMES 3 // held: 60 ms

int masks_init(struct session_table *t, uint32_t sessions); // 0 or -ENOMEM
void masks_fini(struct session_table *t);
size_t masks_bytes(uint32_t sessions);

int mask_set(struct worker *w, struct session *s, bool on); // 0; -ENOBUFS: too many are masked
// After each command: ends masking where no tick would see it.
void mask_settle(struct worker *w, struct session *s);
void mask_free(struct session_table *t, struct session *s); // the session closes

// A tick of a masked session: its frame in, the frame of 60 ms ago out.
void mask_tick(struct worker *w, struct session *s);
// A telephone-event came to a masked session.
void mask_event(struct worker *w, struct session *s);
