// From what a source sees to a notice.
#include "engine/digits/collect.h"

#include "engine/voice/notice.h"
#include "engine/voice/prompt.h"

void collect_begin(struct worker *w, struct session *s, const struct collect_digit *c)
{
	struct gate_msg m = {0};

	// The arbiter hears everything, so that it knows copies of what came before COLLECT.
	if (!digits_begin(&s->digits, c->source, c->digit, session_ms(w)))
		return;
	if (!(s->in_flags & IN_COLLECT))
		return;
	s->digits_count++;
	m.digit = (struct gate_digit){
		.digit = c->digit,
		.sources = (uint8_t)c->source,
		.duration_ms = c->duration_ms,
		.at_ns = w->now_ns,
	};
	notice_emit(w, s, GATE_DIGIT, &m);
	prompt_barge(w, s);
}

void collect_sounds(struct worker *w, struct session *s, enum gate_digit_source source, char digit)
{
	digits_sounds(&s->digits, source, digit, session_ms(w));
}

void collect_end(struct worker *w, struct session *s, enum gate_digit_source source, char digit)
{
	digits_end(&s->digits, source, digit, session_ms(w));
}
