// The methods that we serve, within a dialog and outside of one: a row each. Allow is written from
// it, and what has no row is refused with 405.
#pragma once

#include "control/sip/dialog/indialog.h"

struct method {
	const char *name;
	struct indialog_way within;
	// Outside of a dialog. NULL: nothing is to be said, as to an ACK.
	void (*handle)(struct stack_end *end, const struct sip_msg *msg);
	bool strangers; // handle knows what to do with them
	bool begins;	// something: what it requires is looked at before (reply_unsupported)
};

const struct method *method_find(const struct pl *name); // NULL: no row
void methods_allow(char *out, size_t size);		 // "Allow: …\r\n"
