// The user agent of ours that a far end on loopback speaks to: one trunk at 127.0.0.2, and calls
// from it are answered.
#pragma once

#include "tests/sip/torture/wire.h"

#define TRUNK	 "127.0.0.2"
#define STRANGER "127.0.9.9"

struct ua;
struct ua_leg;
extern struct ua *stand_ua;
extern struct ua_leg *stand_leg; // of the call that was answered and lives

void stand_up(bool silent); // silent: towards strangers
void stand_down(void);	    // nothing may be left
void stand_reload(void);    // the trunk goes, and one of another name has its address
// The final one among what came; 0: none.
unsigned stand_final(const struct wire_answers *a);
// Acknowledges a call's 200 and hangs it up from here.
void stand_end_call(struct wire *w, const char *answer);
