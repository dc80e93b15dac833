// Relaying in the frame that came: a packet that is just what was to come next goes on without
// its payload being copied, summed up or looked at.
#pragma once

#include "engine/voice/session_state.h"

struct rx_udp;

// True: the packet went out to the peer, in u's frame, which is taken. False: nothing was done, all
// else about this packet is to be looked at.
bool relay_forward(struct worker *w, struct session *s, struct rx_udp *u);
