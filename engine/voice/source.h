// Where packets of a session come from, and of which type they are.
#pragma once

#include "engine/voice/session_state.h"

enum payload { PAYLOAD_NONE, PAYLOAD_SOUND, PAYLOAD_EVENT };

// By our numbers; by the far end's own where some send with these.
static inline enum payload source_payload(const struct session *s, uint8_t pt)
{
	if (pt == s->in_pt)
		return PAYLOAD_SOUND;
	if (s->in_event_pt != 0 && pt == s->in_event_pt)
		return PAYLOAD_EVENT;
	if (pt == s->out_pt)
		return PAYLOAD_SOUND;
	return s->out_event_pt != 0 && pt == s->out_event_pt ? PAYLOAD_EVENT : PAYLOAD_NONE;
}

static inline bool source_is_far_end(const struct session *s, const struct addr *from)
{
	return learn_same(from, s->in_flags & IN_LOCKED ? &s->locked : learn_to(&s->source));
}

// SESSION_DELIVERED: it is the far end's, of a negotiated type. Else why it is dropped.
int source_check(
	struct worker *w, struct session *s, const struct addr *from, const struct rtp_packet *p);
