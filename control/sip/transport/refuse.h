// The answer to a request that is refused before libre sees it, written from the head's own lines.
#pragma once

#include <stddef.h>

#include "control/base/re.h"
#include "control/sip/message/strict.h"

struct refuse_request {
	const char *text; // its head, or the whole lines of it that came
	size_t size;
	const struct sa *source;
	bool stream; // it came by a connection
};

typedef void refuse_invite_h(const struct refuse_request *r, const struct strict_fault *why);

struct refuse_handlers {
	bool (*may_answer)(const struct sa *source); // shall it hear anything?
	sip_trace_h *trace;
	refuse_invite_h *invite; // hears of an INVITE outside a dialog that is answered; or NULL
};

// handlers: copied; NULL: nobody is answered from now on. software: what our answers call it;
// copied, as a reload frees the configuration that it is of.
void refuse_init(const struct refuse_handlers *handlers, const char *software);
uint64_t refuse_count(void); // messages refused since start
// Counts and tells the fault, and writes the answer, which is the caller's to send and to
// mem_deref; position 0. NULL: none is due (an ACK, a response, a stranger that shall hear nothing)
// or none can be written (no Via).
struct mbuf *refuse_answer(const struct refuse_request *r, const struct strict_fault *why);
// Where a datagram's answer goes (RFC 3261 18.2.2).
void refuse_destination(const struct refuse_request *r, struct sa *to);
// Into the trace.
void refuse_trace(bool sent, enum sip_transp tp, const struct sa *ends[2], const struct pl *text);
