// What a leg keeps of its session's timer (refresh.h) and of a change that is ours
// (change_client.c): data alone.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/sip/dialog/ask.h"
#include "engine/base/addr.h"

struct refresh {
	uint32_t interval_s; // 0: the session has no timer
	uint32_t floor_s;    // the greatest Min-SE that a far end has asked of us by 422
	bool ours;	     // we give the sign
	bool update;	     // the far end takes UPDATE
	uint64_t since_ms;   // of the last sign
	uint64_t next_ms;    // of our next one; 0: none before the end
	struct timer timer;
};

enum change_why {
	CHANGE_NONE,
	CHANGE_REFRESH, // a sign of life (refresh.h)
	CHANGE_OFFER,	// ua_reoffer
};

struct change {
	enum change_why why;
	bool offers;	    // ours carries a session description
	struct ask *ask;    // NULL: it waits for its turn
	struct timer timer; // until then; else until it had long enough
	unsigned tries;
	struct addr rtp; // OFFER: where our RTP shall be
	char *text;	 // the session description that is on its way
};

void change_drop(struct change *c); // no answer is waited for any more
