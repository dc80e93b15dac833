// Stands before libre's server transactions: a CANCEL takes effect there, by the branch alone,
// whoever sent it. Here it is looked at first.
#pragma once

#include "control/base/re.h"

// True: it was answered, and libre shall not hear of it.
typedef bool cancel_h(struct sip *sip, const struct sip_msg *msg);

int cancel_init(cancel_h *h); // before the stack starts; 0 or -ENOSYS
