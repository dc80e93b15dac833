// A request of ours within a dialog, as often as it is sent: a trunk that asks for its password
// (401, 407) gets it with the next CSeq, once, and once more where our nonce was stale. What a
// trunk has asked for before is said at once, over the nonce that it gave (RFC 3261 22.3).
//
// The password answers only where the next hop is one of the trunk's own targets or peers.
#pragma once

#include "control/sip/dialog/dialog.h"
#include "control/sip/trunk/credentials.h"

struct within {
	const char *method;   // of the program's text
	char *headers, *body; // malloc'd: whole lines; SDP. NULL: none
	char *lines;	      // malloc'd: the credentials that it was sent with last; NULL: none
	uint32_t cseq;	      // of the latest
	struct credentials_turn turn;
	struct sip_request *req; // NULL: its final answer came
	sip_resp_h *h;		 // NULL: nobody waits
	void *arg;
};

// What it says, copied. NULL: nothing. 0 or -ENOMEM.
int within_say(struct within *w, const char *headers, const char *body);
int within_send(struct dialog *d, struct within *w); // 0 or -errno
// By w's handler, of any answer, msg NULL of none: true: it asks for a password and was sent again.
bool within_again(struct dialog *d, struct within *w, const struct sip_msg *msg);
void within_drop(struct within *w); // its texts
