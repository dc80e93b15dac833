// One stream of digits from three sources.
#include "engine/voice/digits.h"

#include <stddef.h>

void digits_init(struct digits *d)
{
	*d = (struct digits){0};
}

static bool alive(const struct digits_press *p, uint32_t hold_ms, uint32_t now_ms)
{
	return (p->sounding & DIGIT_INBAND) || now_ms - p->at_ms <= hold_ms;
}

// The i-th press from the oldest on.
static struct digits_press *press_at(struct digits *d, unsigned i)
{
	return &d->press[(d->next + i) % DIGITS_PRESSES];
}

// The latest press of this digit that this source has shown.
static struct digits_press *latest(struct digits *d, enum gate_digit_source source, char digit)
{
	for (unsigned i = DIGITS_PRESSES; i-- > 0;) {
		struct digits_press *p = press_at(d, i);
		if (p->digit == digit && (p->sources & source))
			return p;
	}
	return NULL;
}

// The oldest press that lacks this source's copy.
static struct digits_press *uncopied(
	struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms)
{
	uint32_t hold_ms = source == DIGIT_INFO ? DIGITS_INFO_HOLD_MS : DIGITS_HOLD_MS;

	for (unsigned i = 0; i < DIGITS_PRESSES; i++) {
		struct digits_press *p = press_at(d, i);
		if (p->digit == digit && !(p->sources & source) && alive(p, hold_ms, now_ms))
			return p;
	}
	return NULL;
}

// Whether a tone is what an event has already told, or what it leaves of other tones.
static bool muted_by_event(struct digits *d, char digit, uint32_t now_ms)
{
	for (unsigned i = 0; i < DIGITS_PRESSES; i++) {
		const struct digits_press *p = &d->press[i];
		if (!p->digit || !(p->sources & DIGIT_EVENT))
			continue;
		uint32_t hold_ms = p->digit == digit ? DIGITS_HOLD_MS : DIGITS_MUTE_MS;
		if (now_ms - p->at_ms <= hold_ms)
			return true;
	}
	return false;
}

bool digits_begin(struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms)
{
	struct digits_press *p = uncopied(d, source, digit, now_ms);

	if (p) {
		p->sources |= source;
		p->sounding |= source;
		if (source != DIGIT_INFO)
			p->at_ms = now_ms;
		return false;
	}
	if (source == DIGIT_INBAND && muted_by_event(d, digit, now_ms))
		return false;
	d->press[d->next] = (struct digits_press){
		.digit = digit,
		.sources = source,
		.sounding = source,
		.at_ms = now_ms,
	};
	d->next = (d->next + 1) % DIGITS_PRESSES;
	return true;
}

void digits_sounds(struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms)
{
	struct digits_press *p = latest(d, source, digit);

	if (p && (p->sounding & source))
		p->at_ms = now_ms;
}

void digits_end(struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms)
{
	struct digits_press *p = latest(d, source, digit);

	if (!p || !(p->sounding & source))
		return;
	p->sounding &= (uint8_t)~source;
	p->at_ms = now_ms;
}
