// Answers to requests, final ones.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/re.h"
#include "control/sip/transport/stack.h"

// headers: whole lines, or NULL. Stateless: a retransmitted request is handled again.
void reply_once(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers);
// Remembered for 32 s: a retransmitted request is answered the same.
void reply_kept(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers);
// The answer goes to the source port even when the far end did not ask for it by rport, as
// behind a NAT it must.
void reply_to_source(const struct sip_msg *msg);
// 416 for a URI that is neither sip nor tel, 420 with what is not supported when the request
// requires anything but session timers, 406 to an INVITE that takes no SDP. Not for ACK and CANCEL
// (RFC 3261 8.2.2.3).
// True: it was answered.
bool reply_unsupported(struct stack_end *end, const struct sip_msg *msg);
// The same without an answer: what status it would have, and the header that says why. 0: none.
uint16_t reply_unsupported_status(
	const struct ua *ua, const struct sip_msg *msg, char headers[512]);
