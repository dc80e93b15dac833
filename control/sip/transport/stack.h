// Libre's SIP stacks: one for each local address, because libre sends what it begins itself from
// the first socket of a family, and the far end's firewall knows the one that it has talked to.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/re.h"
#include "control/config/config.h"
#include "control/sip/transport/libre.h"
#include "control/sip/ua.h"

struct stack;

struct stack_end {
	struct ua *ua; // whose it is
	struct stack *stack;
	struct sip *sip;
	struct addr at[UA_TRANSPORTS]; // where it listens; family ADDR_NONE: not
	struct sip_lsnr *requests, *responses;
	bool sized; // the UDP socket's buffers
	struct libre_end libre;
};

struct stack_handlers {
	void (*request)(struct stack_end *end, const struct sip_msg *msg);
	void (*response)(struct stack_end *end, const struct sip_msg *msg);
	// True: it was answered, and libre's transactions shall not hear of it.
	bool (*cancel)(struct stack_end *end, const struct sip_msg *msg);
	sip_trace_h *trace; // its arg is the user agent
};

struct stack_env { // what it needs; all of it stays until it is stopped
	struct ua *ua;
	const struct stack_handlers *handlers;
	struct connections *connections;
	struct refusals *refusals; // of what cannot be read
};

// Listens on all of config->sip; a wildcard means every address that the host has now.
// 0 or -errno, logged with the cure.
int stack_start(const struct stack_env *env, const struct config_sip *config, struct stack **out);
// Whether this host has the address, as a socket on any free port of it tells: 0, or -errno.
int stack_look(const struct config_listen *listen);
// Drops all transactions: their handlers are called a last time. NULL allowed.
void stack_stop(struct stack *st);
// The end whose address the kernel would send from to reach peer; NULL: none listens there.
struct stack_end *stack_route(
	struct stack *st, const struct addr *peer, enum ua_transport transport);
bool stack_listens(const struct stack *st, const struct addr *a); // on this address and port
const struct addr *stack_address(const struct stack_end *end, enum ua_transport transport);

// A way to a far end that messages are known to take: back where they came from.
struct flow {
	struct stack_end *end;
	enum ua_transport transport;
	struct addr peer;
	struct sip_msg *conn; // TCP: a message that came over the connection, which it holds
};

void flow_init(struct flow *f, struct stack_end *end, const struct sip_msg *msg);
void flow_copy(struct flow *to, const struct flow *from);
void flow_drop(struct flow *f);
bool flow_open(const struct flow *f); // UDP: always; TCP: the connection still stands
// "sip:192.0.2.1:5060;transport=tcp", as a route for libre.
void flow_uri(const struct flow *f, char *out, size_t size);
// "<sip:198.51.100.1:5060;transport=tcp>": ours, as the far end of this flow must see it.
void flow_contact(const struct flow *f, char *out, size_t size);
