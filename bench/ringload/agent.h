// The load's agents: they register, ring, answer, and stay until the other side goes.
#pragma once

#include "bench/ringload/load.h"
#include "bench/ringload/message.h"

void agent_register(struct load *l, uint32_t agent);
void agent_resend(struct load *l, struct agent *a);
void agent_response(struct load *l, const struct message *m); // to a REGISTER
void agent_invited(struct load *l, const struct message *m, uint64_t at_ns);
struct call *agent_find(struct load *l, struct text call_id); // NULL: none has such a call
void agent_release(struct load *l, struct call *c);
uint32_t agents_registered(const struct load *l);
