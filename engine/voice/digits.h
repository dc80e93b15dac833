// The arbiter: in-band tones, telephone-events and SIP INFO are merged into one stream of digits.
// Plain logic, time is an argument.
//
// A caller's press often comes twice or three times: a gateway lets the tone through and sends
// the event, a phone sends INFO besides. Whichever copy comes first is reported, at its begin.
// The others are recognised because they come from *another* source, carry the same digit, and
// come while the press lasts or within a hold-off after it; each press swallows one copy of each
// source, the oldest press first, so that "11" stays "11" however the copies interleave. The same
// source never reports one press twice, so what it reports again is a new press.
//
// Hold-offs: DIGITS_HOLD_MS covers jitter buffer (≤ 200 ms), detector (38 ms) and tick;
// DIGITS_INFO_HOLD_MS a retransmitted INFO, which many phones send at the press's end.
//
// A tone may break up in a gateway that mutes it late. So where a press has come as an event,
// further tones of the same digit belong to it until DIGITS_HOLD_MS after its end, and tones of
// any digit are noise while the event sounds and DIGITS_MUTE_MS longer. That is a window and not
// for the session's life: a far end that is transferred to a phone without events must be heard.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/gate.h"

#define DIGITS_HOLD_MS	    400
#define DIGITS_INFO_HOLD_MS 1500
#define DIGITS_MUTE_MS	    60
#define DIGITS_PRESSES	    12 // remembered: as many as fit a second and a half

struct digits_press {
	char digit;	      // 0: none
	uint8_t sources : 4;  // bits of enum gate_digit_source that have shown it
	uint8_t sounding : 4; // those of them that have not ended
	uint32_t at_ms;	      // last time that it was known to sound
} __attribute__((packed, aligned(2)));

struct digits {
	struct digits_press press[DIGITS_PRESSES];
	uint8_t next; // the oldest, to be overwritten
};

void digits_init(struct digits *d);
// A source sees a press begin. True: report it.
bool digits_begin(struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms);
// It still sounds (events say so packet by packet), and it has ended.
void digits_sounds(struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms);
void digits_end(struct digits *d, enum gate_digit_source source, char digit, uint32_t now_ms);
