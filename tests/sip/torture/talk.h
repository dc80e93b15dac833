// A user agent of ours for tests of dialogs: a trunk's caller and an agent's two phones on
// loopback, and a clock that goes forward at once.
#pragma once

#include <stdint.h>

#include "control/sip/dialog/leg.h"
#include "tests/unit/unit.h"

#define ELSEWHERE "127.0.0.8"
#define GONE	  LEG_STATES // the leg is no more

#define SDP_OF(type)                                                       \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n" \
	"t=0 0\r\nm=audio 4000 RTP/AVP " type "\r\n"
#define SDP	 SDP_OF("0")
#define NO_CODEC SDP_OF("18")

struct talk {
	struct ua_leg *leg;		// NULL: its owner has heard of the end
	char events[200];		// that the owner has heard
	int trunk, elsewhere, phone[2]; // sockets
	char *heard[64];
	unsigned count;
};
extern struct talk talk;

void talk_begin(void);
void talk_end(void);
void talk_turn(void);
void talk_pass(uint64_t ms);
void talk_forget(void);			   // what was heard
const char *talk_heard(const char *start); // the last message that begins so, or NULL
enum ua_leg_state talk_state(void);

struct said { // by the caller, within the dialog unless it is the first INVITE
	const char *method, *headers, *body; // NULL: none, or SDP's type; none
	uint32_t cseq;
};
void talk_say(int fd, const char *ip, const struct said *s);
int talk_answer(void);	// ours
void talk_invite(void); // both phones
// Phone n answers the INVITE that it got; forged: as of another transaction.
void talk_phone_says(unsigned n, const char *status, const char *body, bool forged);
