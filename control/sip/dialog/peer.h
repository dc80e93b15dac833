// From where may a dialog's far end send? Whoever has its Call-ID and tags might be anybody who has
// seen a trace; whoever sends from there is it.
//
// A trunk's calls: from any address of that trunk (carriers send a BYE from another one), from
// where the INVITE came, from where we send our requests. An agent's: from the address of the phone
// or of any phone of that agent that stands registered, or from anywhere with the agent's password.
// An ACK, which nobody can be asked for a password over, counts from anywhere as long as it carries
// nothing: a lost one costs the call, a forged one nothing. A CANCEL, likewise unaskable, must come
// from there: a lost one costs seconds of ringing.
//
// A BYE from elsewhere is refused and not forgotten: a carrier's that got lost would leave a dead
// call until engine.rtp_timeout. The far end itself is asked (OPTIONS within the dialog), and where
// it knows of no such call any more, the BYE was true.
#pragma once

#include "control/sip/dialog/leg.h"

bool peer_is_at(const struct ua_leg *leg, const struct addr *source);
// A request within the dialog, no ACK. False: it was answered, counted and told, and that is the
// end of it.
bool peer_may_ask(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg);
bool peer_may_ack(const struct ua_leg *leg, const struct sip_msg *msg);
// True: it was answered. False, too, of a CANCEL that means no INVITE of our legs.
bool peer_refuses_cancel(struct stack_end *end, const struct sip_msg *msg);
void peer_enter(struct ua_leg *leg); // its INVITE can be found by its CANCEL, until leg_free
// A request for a dialog that there is not, or no more: 481 to whom we know, else as a stranger's.
void peer_of_none(struct stack_end *end, const struct sip_msg *msg);
