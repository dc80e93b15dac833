// A user agent of ours whose calls go out through trunks, and the trunks' targets on loopback, with
// a clock that goes forward at once.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/sip/ua.h"

#define TARGETS 4 // 127.0.0.2 and .3 of the trunk "carrier", .4 of "second", .5 of "club"
#define CLUB	3 // with which we register

#define SDP_ANSWER                                                         \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n" \
	"t=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"

struct stand {
	struct ua *ua;
	struct ua_leg *leg;    // NULL: its owner has heard of the end
	char events[200];      // that the owner has heard
	struct ua_event ended; // the last
	char *heard[64];       // by the targets, in order
	unsigned at[64], count;
};
extern struct stand stand;

void stand_up(void);
void stand_down(void); // nothing may be left
void stand_turn(void);
void stand_pass(uint64_t ms);
void stand_reload(const char *was, const char *is); // the text of the configuration, but for that
void stand_forget(void);			    // what was heard
int stand_call(void);				    // to +862155501234, as ua_invite
// The last message to a target that began so; NULL: none.
const char *stand_heard(unsigned target, const char *start);
bool stand_says(const char *message, const char *part);
// The target answers its last INVITE, with whole header lines and an SDP body, or "".
void stand_answers(unsigned target, const char *status, const char *headers, const char *body);
// … its last request within a dialog that begins so.
void stand_answers_to(
	unsigned target, const char *request, const char *status, const char *headers);
void stand_answers_as(unsigned target, const char *status, const char *tag); // ";tag=…", with SDP
void stand_sends(unsigned target, const char *text);			     // anything
struct ua_trunk_status stand_trunk(const char *name);

struct stand_row {
	const char *name; // printed
	void (*plays)(void);
};
// A test program: each row with a stand of its own, in a network namespace. Its exit status.
int stand_main(const char *name, const struct stand_row *rows, size_t count);
