// The answer to an INVITE: a 488 that says why, or a 200, which RFC 3261 13.3.1.4 wants repeated
// until its ACK comes, over whatever transport.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/re.h"
#include "control/base/timer.h"
#include "control/sip/sdp/sdp.h"
#include "control/sip/transport/stack.h"

// RFC 3261 17.1.1.1, in milliseconds; 64*T1 is how long a transaction may echo.
#define ANSWER_T1_MS   500
#define ANSWER_T2_MS   4000
#define ANSWER_ECHO_MS (64 * ANSWER_T1_MS)

// 488 with a Warning that says what cannot be met.
void answer_refusal(struct stack_end *end, const struct sip_msg *msg, struct sip_strans **st,
	enum sdp_refusal why);
// The Warning of a 488, a line.
void answer_warning(const struct sip_msg *msg, enum sdp_refusal why, char *headers, size_t size);

// A 200 on its way.
struct answer {
	struct stack_end *end;
	struct sip_msg *msg; // the INVITE
	struct mbuf *mb;
	struct sa dst;
	struct timer timer;
	uint64_t deadline_ms;
	unsigned interval_ms;
	bool waiting;		 // for the ACK
	bool offer;		 // its SDP is our offer: the ACK carries theirs
	void (*lost)(void *arg); // no ACK within 64*T1
	void *arg;
};

struct answer_text {
	const char *contact; // "<sip:…>"
	const char *sdp;
	const char *session; // header lines (refresh.h)
};

// Sends through the transaction *st (or a new one). 0 or -errno: nothing is waited for.
int answer_send(struct answer *a, struct sip_strans **st, const struct answer_text *text);
bool answer_acked(struct answer *a, const struct sip_msg *ack); // true: it was waited for
void answer_drop(struct answer *a);				// stops repeating
