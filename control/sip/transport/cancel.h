// Stands before libre's server transactions: a CANCEL takes effect there, by the branch alone,
// whoever sent it. Here it is looked at first.
//
// sip_listen stands here; whom it asks is the end's (control/sip/transport/libre.h).
#pragma once

int cancel_init(void); // before a stack starts; 0 or -ENOSYS
