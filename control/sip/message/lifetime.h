// What a message says about how long a session may live without a sign of life (RFC 4028).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sip_msg;

#define LIFETIME_MAX_S 604800 // no session is meant to live longer unheard; more is read as this

enum lifetime_refresher { LIFETIME_NOBODY, LIFETIME_UAC, LIFETIME_UAS }; // NOBODY: it does not say

struct lifetime {
	uint32_t expires_s, min_s; // Session-Expires, Min-SE; 0: not said, or no number
	enum lifetime_refresher refresher;
	bool supported;	   // its sender knows of session timers
	bool allow;	   // it tells what its sender takes, …
	bool takes_update; // … and UPDATE is among it
	uint32_t retry_s;  // Retry-After; 0: not said
};

void lifetime_read(struct lifetime *out, const struct sip_msg *msg);
// The value of a Session-Expires or Min-SE header: digits, then parameters. False: it is none.
bool lifetime_value(const char *text, size_t len, uint32_t *s, enum lifetime_refresher *refresher);
