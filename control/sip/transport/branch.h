// Transactions of peers from before RFC 3261.
//
// Libre tells transactions by the topmost Via's branch and refuses what has none. A branch without
// RFC 3261's cookie need not be unique, and RFC 2543 had none: such requests are told by their
// Request-URI, From tag, Call-ID, CSeq number and topmost Via (RFC 3261 17.2.3), here by a branch
// that is made of these. It stays in memory: the far end's Via is answered as it came. An ACK and a
// CANCEL get the branch of their INVITE, as they should.
//
// sip_via_decode is called through the symbol table; the one that is defined here lets a Via
// without a branch pass.
#pragma once

#include "control/base/re.h"

// Gives a decoded request a branch that is its own where it came without. 0 or ENOMEM.
int branch_complete(struct sip_msg *msg);
// Came it without? Then it is a peer of RFC 2543 that we speak to.
bool branch_is_ours(const struct sip_msg *msg);
