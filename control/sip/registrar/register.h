// REGISTER (RFC 3261 10.3): reads it, asks for the password, answers with the bindings.
#pragma once

#include "control/base/re.h"
#include "control/sip/transport/stack.h"

int register_init(struct ua *ua); // its registrar: 0 or -ENOMEM
void register_fini(struct ua *ua);
// Agents that left the configuration lose their bindings; of each in it is told how it stands.
void register_configure(struct ua *ua);
void register_request(struct stack_end *end, const struct sip_msg *msg);
