// Where a far end's sound comes from when its SDP names an address that nobody outside of its own
// network knows.
//
// The engine takes packets of the IP address that SDP told, and of no other (engine/rtp/learn.h).
// So told is what we can know better:
//   - it is private (RFC 1918, RFC 6598, unique local), and the message that told it came straight
//     from a public address: it came through a NAT, and so will the sound. The same of a private
//     source where the Contact names the told address too: a NAT between two private networks;
//   - it is private, and a proxy on a public address passed the message on: the sound will come
//     from anywhere.
// Where `media_anywhere` says so sound may come from anywhere in any case.
#pragma once

#include <stdbool.h>

#include "control/media/media.h"
#include "engine/base/addr.h"

struct sip_msg;

struct nat {		    // of a leg
	struct addr source; // of its last message that had to do with media; family 0: none yet
	bool proxied;	    // others passed that on
	bool anywhere;	    // media_anywhere
};

bool nat_is_private(const struct addr *a);
void nat_heard(struct nat *n, const struct sip_msg *msg);
// Settled media as SDP told it becomes what the engine is told. contact: the far end's URI.
void nat_media(const struct nat *n, const char *contact, struct media_params *m);
