// Stands in for engine/session/session.h: one session per even port that a test opens. It counts
// what it receives and, if told to, sends it back to where it came from.
#pragma once

#include "engine/session/session.h"

struct double_seen {
	uint32_t packets, commands, ticks, peers;
	uint32_t bytes;
	uint8_t first; // byte of the last payload
	struct addr from;
	bool rtcp_port;
	unsigned worker; // that received last
	uint64_t tick_sum;
};

// Of the thread that polls: in a test of whole turns that is the test itself.
extern _Thread_local struct double_seen double_seen;
extern uint16_t double_port; // the open port of every media address
extern bool double_echo;
extern int double_verdict; // what session_receive says
