// One dialog (RFC 3261 12): its tags, sequence numbers, remote target and route set, and the
// ACK (requests: ask.h and bye.h).
#pragma once

#include <stdint.h>

#include "control/base/re.h"
#include "control/sip/transport/stack.h"

struct credentials;
struct trunk;

struct dialog { // all texts malloc'd
	char *call_id, *local_tag, *remote_tag;
	char *local, *remote;	   // values of From and To in our requests, tags included
	char *target;		   // remote target: a URI
	char *routes;		   // "Route: …" lines
	char *credentials;	   // lines of the latest INVITE that its ACK repeats; NULL: none
	struct trunk *trunk;	   // whose password the far end may ask for; held; NULL: none
	struct credentials *asked; // and did, as the INVITE has it; NULL: it did not
	uint32_t cseq_local, cseq_remote;
	// Of our last INVITE within it that got a 2xx, or may get one that nobody waits for now:
	// each is acknowledged. 0: none.
	uint32_t cseq_acked;
	struct flow flow; // the next hop
};

enum dialog_path {	  // where requests go
	DIALOG_SYMMETRIC, // back where the far end's came from, or where we sent the INVITE: NAT
	DIALOG_CONTACT,	  // to its Contact or Record-Route when that is a literal, sensible address
};

// As the one called. 0, -EBADMSG (no usable Contact) or -ENOMEM; d must be dropped either way.
int dialog_from_invite(
	struct dialog *d, struct stack_end *end, const struct sip_msg *msg, enum dialog_path path);
// As the caller, from a 2xx to an INVITE that was sent along flow to uri.
struct dialog_sent {
	const struct flow *flow;
	const char *uri;
	enum dialog_path path;
	struct trunk *trunk;		 // that it went out through; NULL: none
	struct credentials *credentials; // that it had; NULL: none
};
int dialog_from_answer(struct dialog *d, const struct dialog_sent *sent, const struct sip_msg *msg);
// Of a trunk's: its password answers for what we ask.
void dialog_trust(struct dialog *d, struct trunk *trunk);
// Into one that is dropped on its own. 0, or -ENOMEM and there is none.
int dialog_copy(struct dialog *to, const struct dialog *d);
void dialog_drop(struct dialog *d);

bool dialog_matches(const struct dialog *d, const struct sip_msg *msg); // request or response
// A re-INVITE or UPDATE, or the 2xx to ours, may bring a new Contact and come by a new way.
int dialog_refresh(
	struct dialog *d, struct stack_end *end, const struct sip_msg *msg, enum dialog_path path);

int dialog_ack(struct dialog *d, uint32_t cseq);   // within.c: 0 or -errno
int dialog_bye(struct dialog *d, const char *why); // bye.c: the same
