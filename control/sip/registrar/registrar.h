// Who is registered where: bindings of agents to contacts (RFC 3261 10.3), with their expiry.
//
// The table, without messages: register.c reads and answers REGISTER. A binding remembers the
// packet's own source, or the connection, for the way back through a NAT. A phone that says the
// same Contact or the same +sip.instance (RFC 5626 4.1) again replaces its binding; when an agent
// has BINDINGS_MAX, the one that was not heard of for longest makes room.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/timer.h"
#include "control/sip/transport/stack.h"
#include "control/sip/ua.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"

#define BINDINGS_MAX	      4
#define REGISTRAR_CONTACT_MAX 256

struct registrar;
struct registered; // an agent that has bindings

struct binding {
	struct registered *agent;   // NULL: the place is free
	struct hash_node by_source; // address and port
	char contact[REGISTRAR_CONTACT_MAX], instance[UA_TEXT_MAX];
	char user_agent[UA_TEXT_MAX], call_id[UA_TEXT_MAX];
	uint32_t cseq;
	struct flow flow;
	uint64_t expires_ms, heard_ms;
	struct timer expiry;
};

struct registrar_handlers {
	void (*registered)(const char *agent, bool registered, void *arg);
	void (*changed)(const struct ua_registration *r, const char *gone, void *arg);
	void *arg;
};

struct registrar_contact {
	char uri[REGISTRAR_CONTACT_MAX], instance[UA_TEXT_MAX];
	unsigned expires_s; // 0: away with it
};

struct registrar_request {
	const char *agent, *tenant, *call_id, *user_agent;
	uint32_t cseq;
	const struct flow *flow;
	bool all_gone; // Contact: *
	const struct registrar_contact *contacts;
	unsigned contact_count;
};

// NULL: no memory.
struct registrar *registrar_new(struct timers *timers, const struct registrar_handlers *h);
void registrar_free(struct registrar *r); // nobody is told; NULL allowed
// All of a request or nothing: 0, or the SIP status that refuses it.
uint16_t registrar_update(struct registrar *r, const struct registrar_request *q);
// Bindings of an agent, last heard first; returns how many.
unsigned registrar_bindings(
	const struct registrar *r, const char *agent, struct binding *out[BINDINGS_MAX]);
// A phone that is registered from exactly this address and port; NULL: none.
const char *registrar_agent_at(const struct registrar *r, const struct addr *source);
// Bindings from this address, any port.
unsigned registrar_phones_at(const struct registrar *r, const struct addr *ip);
// Some phone of this agent stands registered from this address (IPv6: its /64), any port.
bool registrar_is_home(const struct registrar *r, const char *agent, const struct addr *ip);
void registrar_remove(struct binding *b, const char *gone);
// each may remove b.
void registrar_each(struct registrar *r, void (*each)(struct binding *b, void *arg), void *arg);
void registrar_describe(const struct binding *b, struct ua_registration *out);
// The way to a contact; false: its connection is gone and nothing listens where it stood.
bool binding_route(const struct binding *b, struct flow *out);
