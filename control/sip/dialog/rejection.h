// INVITEs outside a dialog that are refused. Of a known peer (a trunk, an agent's phone) each is
// told to the owner of calls with its cause, and answered when the owner has written it down; of
// those that come faster than the owner writes down, each is answered at once and counted.
// Strangers are counted elsewhere (login.c).
//
// A request that comes again is one refusal: what was told is remembered by libre's transaction,
// what was counted by a hash in a bounded table, as a flood would make a transaction of each.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/sip/transport/refuse.h"
#include "control/sip/transport/stack.h"
#include "control/sip/ua.h"

struct trunk;

// Numbers are of this process alone. The word is the cause in records: docs/sip.md names each.
#define REJECTIONS(X)                                                                           \
	X(DRAINING, 503, "draining", "Draining", "Retry-After: 120\r\n")                        \
	X(OVERLOAD, 503, "overload", "Overload", "Retry-After: 10\r\n")                         \
	X(CALLS_RATE, 503, "calls-rate", "Overload", "Retry-After: 10\r\n")                     \
	X(TRUNK_RATE, 503, "trunk-rate", "Overload", "Retry-After: 10\r\n")                     \
	X(TRUNK_FULL, 503, "trunk-full", "Trunk Full", "")                                      \
	X(OFFER, 488, "offer-not-met", "Not Acceptable Here", "")                               \
	X(SDP, 400, "bad-sdp", "Bad Session Description", "")                                   \
	X(TYPE, 415, "bad-body", "Unsupported Media Type", "Accept: application/sdp\r\n")       \
	X(ENCODING, 415, "bad-body", "Unsupported Media Type", "Accept-Encoding: identity\r\n") \
	X(SCHEME, 416, "bad-scheme", "Unsupported URI Scheme", "")                              \
	X(EXTENSION, 420, "bad-extension", "Bad Extension", "")                                 \
	X(ACCEPT, 406, "takes-no-sdp", "Not Acceptable", "")                                    \
	X(LOOP, 482, "loop", "Loop Detected", "")                                               \
	X(HOPS, 483, "too-many-hops", "Too Many Hops", "")                                      \
	X(CONTACT, 400, "bad-contact", "Bad Contact", "")                                       \
	X(NAME, 403, "other-name", "Not Your Address", "")                                      \
	X(MEMORY, 500, "no-memory", "Out Of Memory", "")

enum rejection_cause {
	REJECTION_NONE,
#define X(name, status, why, reason, headers) REJECTION_##name,
	REJECTIONS(X)
#undef X
		REJECTION_CAUSES,
};

struct rejection {
	enum rejection_cause cause; // NONE: it is not refused
	char headers[560];	    // whole lines; "": those of the cause
};

struct call_origin { // who a new call comes from; both NULL: a stranger
	struct trunk *trunk;
	const struct config_agent *agent;
	bool seen, begun; // the trunk has counted it; has given it a place
};

// By its address alone: a trunk, or the phone that is registered exactly there.
bool rejection_knows(const struct ua *ua, const struct sip_msg *msg, struct call_origin *out);
void rejection_send(struct stack_end *end, const struct sip_msg *msg,
	const struct call_origin *from, const struct rejection *r);
void rejection_answer(struct ua_refused *held); // and frees it
// Was it counted before, and comes again? Then it is answered, the same as before.
bool rejection_again(struct stack_end *end, const struct sip_msg *msg);
// An INVITE that libre never sees, of whoever may be answered; its answer is the caller's to send.
// arg: the user agent.
void rejection_unread(const struct refuse_request *r, const struct strict_fault *why, void *arg);

struct rejections;
struct rejections *rejections_new(void);    // NULL: no memory
void rejections_free(struct rejections *r); // NULL allowed; who still waits is answered before
