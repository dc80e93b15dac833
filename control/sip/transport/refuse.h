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

typedef void refuse_invite_h(
	const struct refuse_request *r, const struct strict_fault *why, void *arg);

struct refuse_handlers {
	bool (*may_answer)(const struct sa *source, void *arg); // shall it hear anything?
	sip_trace_h *trace;					// or NULL
	refuse_invite_h *invite; // hears of an INVITE outside a dialog that is answered; or NULL
	void *arg;
};

struct refusals; // of one user agent
struct timers;

// handlers: copied. software: what our answers call it; copied, as a reload frees the
// configuration that it is of. NULL: no memory.
struct refusals *refusals_new(
	struct timers *timers, const struct refuse_handlers *handlers, const char *software);
void refusals_free(struct refusals *rs);	    // NULL allowed
uint64_t refusals_count(const struct refusals *rs); // messages refused, and dropped unread
void refusals_unread(struct refusals *rs);	    // one was dropped that cannot be read
bool refusals_may_answer(const struct refusals *rs, const struct sa *source);
// Counts and tells the fault, and writes the answer, which is the caller's to send and to
// mem_deref; position 0. NULL: none is due (an ACK, a response, a stranger that shall hear nothing)
// or none can be written (no Via).
struct mbuf *refuse_answer(
	struct refusals *rs, const struct refuse_request *r, const struct strict_fault *why);
// Where a datagram's answer goes (RFC 3261 18.2.2).
void refuse_destination(const struct refuse_request *r, struct sa *to);
struct refuse_way {
	enum sip_transp transport;
	const struct sa *from, *to;
};
// Into the trace.
void refuse_trace(
	struct refusals *rs, bool sent, const struct refuse_way *way, const struct pl *text);
