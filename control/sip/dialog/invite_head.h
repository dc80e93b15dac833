// What an INVITE of ours says: header lines and offer, the same for all contacts of one agent, and
// made anew for each target of a trunk.
#pragma once

#include "control/sip/dialog/leg.h"

// Call-ID and local tag of a new call. 0 or -ENOMEM.
int invite_identify(struct ua_leg *leg);

struct invite_party {
	const char *user, *host; // To; host is a trunk's domain or target, or our own address
	const char *from_host;	 // and of P-Asserted-Identity
	const char *caller, *caller_name;
	bool hidden, asserted; // asserted: who calls is told though it is hidden (RFC 3325 7)
	const char *queue, *call;
};
// From To on, into leg->headers: 0, -ENOMEM or -EMSGSIZE.
int invite_write_head(struct ua_leg *leg, const struct invite_party *p);

struct invite_sound {
	struct addr rtp; // ours
	unsigned media;	 // index of its media address
	const enum codec_id *codecs;
	unsigned codec_count;
	enum codec_id first; // CODEC_NONE: as they stand
	uint8_t ptime_ms;
	bool anywhere;
};
// leg->offer: 0, -ENOMEM, -EMSGSIZE, or -ENOBUFS: no coder is free.
int invite_write_offer(struct ua_leg *leg, const struct invite_sound *s);
