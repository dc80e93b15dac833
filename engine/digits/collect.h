// Digits of a session on their way to control: what a source sees goes through the arbiter, and
// what that lets pass is reported and barges into prompts.
#pragma once

#include "engine/voice/session_state.h"

struct collect_digit {
	enum gate_digit_source source;
	char digit;
	uint16_t duration_ms; // known so far
};

void collect_begin(struct worker *w, struct session *s, const struct collect_digit *c);
void collect_sounds(struct worker *w, struct session *s, enum gate_digit_source source, char digit);
void collect_end(struct worker *w, struct session *s, enum gate_digit_source source, char digit);
