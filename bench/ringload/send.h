// SIP messages as they go out.
#pragma once

#include "bench/ringload/load.h"
#include "bench/ringload/message.h"

void send_request(struct load *l, const struct call *c, const char *method);
void send_ack(struct load *l, const struct call *c, bool refused);
// An answer to a request that came; tag: ours, NULL where To has one.
void send_reply(struct load *l, const struct message *m, int status, const struct addr *to);
// An agent's answer to its INVITE; with a 200 goes the SDP.
void send_answer(struct load *l, const struct call *c, int status);
void send_register(struct load *l, uint32_t agent, const struct message *challenge);
