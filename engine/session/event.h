// Telephone-events of a session: told apart, collected, relayed.
#pragma once

#include "engine/voice/session_state.h"

// Whether an event comes under an SSRC of its own beside the sound's: such packets have sequence
// numbers of their own too, and say nothing about the stream.
static inline bool session_event_apart(const struct session *s, const struct rtp_packet *p)
{
	return s->rx.running && p->ssrc != s->rx.ssrc;
}

// The judgement of such a packet: a line of its own, no run of the sound's.
static inline void session_event_aside(const struct session *s, struct rtp_packet *p)
{
	p->line = ~s->rx.line;
	p->run = 0;
}

// A telephone-event that arrived: relayed and collected.
void session_event(struct worker *w, struct session *s, const struct rtp_packet *p,
	const struct event_packet *e);
