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
	const char *phone_headers;	// whole lines of what phones answer; NULL: none
	int trunk, elsewhere, phone[2]; // sockets
	char *heard[64];
	unsigned count;
};
extern struct talk talk;

void talk_begin(void);
void talk_begin_with(const char *keys); // of sip: "", or ", key: value"
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
// Answers our last request within a call that begins so, from fd.
struct reply {
	const char *status, *headers, *body; // headers NULL: none; body NULL or "": none
};
void talk_reply(int fd, const char *request, const struct reply *r);
// Phone n answers the INVITE that it got; forged: as of another transaction.
void talk_phone_says(unsigned n, const char *status, const char *body, bool forged);

// --- in fewer words: of a trunk's call, its CSeq counted; what is missing ends the test ---
#define TYPE_SDP "Content-Type: application/sdp\r\n"
#define TIMER	 "Supported: timer\r\n"
// Of another address, and on hold.
#define OTHER_SDP                                                            \
	"v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\n" \
	"t=0 0\r\nm=audio 4444 RTP/AVP 0\r\na=sendonly\r\n"

void talk_tells(const char *method, const char *headers, const char *body);
void talk_answers(const char *request, const char *status, const char *headers, const char *body);
void talk_call(const char *keys, const char *headers); // begins one with these, up
const char *talk_must_hear(const char *start);
void talk_must_say(const char *start, const char *line); // and this is in it
