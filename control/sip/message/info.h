// The body of an INFO that tells a digit, as phones write them. Plain text: no message, no libre.
//
//   application/dtmf-relay    Signal=5 and Duration=160, a line each, in any order and case, with
//                             white space anywhere, lines ended by CR LF, LF or CR, or not at all
//   application/dtmf          the digit alone
//
// A signal is one of 0-9, *, #, A-D, or such a digit's number 10 … 15 (RFC 4733).
#pragma once

#include <stddef.h>
#include <stdint.h>

#define INFO_DIGIT_MS	  160 // where the body does not say
#define INFO_DURATION_MAX 10000

enum info_form { INFO_RELAY, INFO_DTMF };

struct info_digit {
	char digit; // '\0': a signal that is no digit, as a hook flash is
	uint16_t duration_ms;
};

// 0, or -EINVAL: no signal, two that differ, or one that nobody knows.
int info_read(enum info_form form, const char *text, size_t len, struct info_digit *out);
