// Answers to requests: final ones, and a 2xx to INVITE, which RFC 3261 13.3.1.4 wants repeated
// until its ACK comes, over whatever transport.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/base/re.h"
#include "control/sip/sdp/sdp.h"
#include "control/sip/transport/stack.h"

#define REPLY_ALLOW "Allow: INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, REGISTER\r\n"

// headers: whole lines, or NULL. Stateless: a retransmitted request is handled again.
void reply_once(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers);
// Remembered for 32 s: a retransmitted request is answered the same.
void reply_kept(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers);
// The answer goes to the source port even when the far end did not ask for it by rport, as
// behind a NAT it must.
void reply_to_source(const struct sip_msg *msg);
// 488 with a Warning that says what cannot be met.
struct sip_strans;
void reply_refusal(struct stack_end *end, const struct sip_msg *msg, struct sip_strans **st,
	enum sdp_refusal why);
// 416 for a URI that is neither sip nor tel, 420 with what is not supported when the request
// requires anything, 406 to an INVITE that takes no SDP. Not for ACK and CANCEL (RFC 3261 8.2.2.3).
// True: it was answered.
bool reply_unsupported(struct stack_end *end, const struct sip_msg *msg);
// The same without an answer: what status it would have, and the header that says why. 0: none.
uint16_t reply_unsupported_status(const struct sip_msg *msg, char headers[512]);
// The Warning of a 488, a line.
void reply_warning(const struct sip_msg *msg, enum sdp_refusal why, char *headers, size_t size);

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
};

// Sends through the transaction *st (or a new one). 0 or -errno: nothing is waited for.
int answer_send(struct answer *a, struct sip_strans **st, const struct answer_text *text);
bool answer_acked(struct answer *a, const struct sip_msg *ack); // true: it was waited for
void answer_drop(struct answer *a);				// stops repeating
