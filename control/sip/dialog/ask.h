// One request of ours within a dialog: its transaction, and what its end means for the dialog.
#pragma once

#include "control/sip/dialog/dialog.h"

enum ask_end {
	ASK_DONE,    // 2xx; that of an INVITE is acknowledged
	ASK_PENDING, // 491: both sides ask at once
	ASK_REFUSED, // another final answer, or a password that we have not: it goes on as it was
	ASK_GONE,    // 408, 481: the far end knows of no such dialog (RFC 5057 5.1)
	ASK_SILENT,  // no answer within 64*T1, or no way to it
};

struct ask;
// msg: the final answer, NULL of SILENT. The transaction is over. Not called while the user agent
// stops, nor after ask_drop.
typedef void ask_h(enum ask_end end, const struct sip_msg *msg, void *arg);

struct ask_what {
	const char *method;
	const char *headers; // whole lines
	const char *body;    // SDP; NULL: none
	enum dialog_path path;
	ask_h *h;
	void *arg;
};

// *slot is NULL again before the handler is called; d lives until then, or until ask_drop.
// 0 or -errno: nothing was sent.
int ask_send(struct ask **slot, struct dialog *d, const struct ask_what *what);
// Its end is not waited for; an INVITE is cancelled. Harmless where there is none.
void ask_drop(struct ask **slot);
