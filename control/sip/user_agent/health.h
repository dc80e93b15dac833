// What balancers ask by OPTIONS: does the node take calls? 200, or 503 with Retry-After while it
// drains or is overloaded, for sip.health_peers, which need be no trunks; up to 100 a second for
// each address. Trunks get the same but that overload is none of their business: one that hears
// 503 may stop calling altogether, and those few that are refused hear so themselves.
#pragma once

#include <stdbool.h>

struct addr;
struct sip_msg;
struct stack_end;
struct ua;

bool health_asks(const struct ua *ua, const struct addr *source);     // one of sip.health_peers
void health_answer(struct stack_end *end, const struct sip_msg *msg); // to an OPTIONS of anybody
