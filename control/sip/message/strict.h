// What of a message's head must be right before anybody acts on it (RFC 3261 7, 8.1.1, 18.3, 20).
//
// Strict is what decides who called, which call is meant and where a message ends: a field twice,
// or a number that two readers take for two, is read by one of them in the attacker's way. Liberal
// is the rest: unknown fields, odd dates, surplus parameters, missing branches and tags of
// RFC 2543, the same User-Agent twice.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/re.h"

// Longer messages are answered 513 and read no further.
#define STRICT_MESSAGE_MAX 32768

struct strict_fault {
	uint16_t status;    // 0: none
	const char *reason; // for the answer and for people
	bool framing;	    // where the message ends cannot be known
};

struct strict_head {
	size_t size;	 // with the blank line
	bool has_length; // Content-Length was there
	uint32_t body;	 // and this it said
};

// A head of size octets, whole. has_length and body hold where the fault is not one of framing.
struct strict_fault strict_check(const char *text, size_t size, struct strict_head *out);
struct strict_fault strict_too_large(void); // 513
struct strict_fault strict_no_length(void); // on a connection: where does it end?
// Of a head in order that libre cannot decode for all that.
struct strict_fault strict_unreadable(const char *text, size_t size);
bool strict_scheme(const struct pl *scheme); // of a URI: one that we know
