// A caller's dialog: INVITE, ACK, CANCEL, BYE with the retransmissions of RFC 3261, 17.
#pragma once

#include <stdint.h>

#include "bench/ringload/load.h"
#include "bench/ringload/message.h"

void call_place(struct load *l, struct call *c, uint64_t now_ns);
void call_response(struct load *l, struct call *c, const struct message *m, uint64_t now_ns);
// A request within the dialog, of callers and agents.
void call_request(struct load *l, struct call *c, const struct message *m);
void call_hang_up(struct load *l, struct call *c); // as far as the call is: CANCEL or BYE
void call_resend(struct load *l, struct call *c);  // the timers
void call_life(struct load *l, struct call *c);
void call_up(struct load *l, struct call *c); // media runs; the hold time begins
