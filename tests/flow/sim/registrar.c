// Where the phones are: the daemon's own registrar, behind phones that send no message.
#include <check.h>

#include "control/sip/registrar/register.h"
#include "control/sip/registrar/registrar.h"
#include "engine/base/str.h"
#include "tests/flow/sim/far.h"
#include "tests/flow/sim/parts.h"

#define EXPIRES_S 1000000

struct ua *far_ua(void)
{
	return &far_end()->ua;
}

void far_registrar_begin(const struct config *config)
{
	far_end()->ua.timers = sim_timers();
	far_end()->ua.config = config;
	far_end()->ua.handlers = *far_end()->handlers;
	ck_assert_int_eq(register_init(&far_end()->ua), 0);
}

void far_registrar_configure(const struct config *config)
{
	far_end()->ua.config = config;
	register_configure(&far_end()->ua);
}

void far_registrar_end(void)
{
	register_fini(&far_end()->ua);
}

bool far_registered(const char *agent)
{
	struct binding *list[BINDINGS_MAX];
	return registrar_bindings(far_end()->ua.registrar, agent, list) > 0;
}

void far_register(const char *agent, bool on)
{
	struct flow flow = {.transport = UA_UDP};
	struct registrar_contact contact = {.expires_s = on ? EXPIRES_S : 0};
	struct registrar_request q = {
		.agent = agent,
		.call_id = "phone",
		.user_agent = "sim",
		.cseq = ++far_end()->cseq,
		.flow = &flow,
		.contacts = &contact,
		.contact_count = 1,
	};
	addr_parse("10.9.0.80:5060", &flow.peer);
	str_format(contact.uri, sizeof(contact.uri), "sip:%s@10.9.0.80:5060", agent);
	ck_assert_uint_eq(registrar_update(far_end()->ua.registrar, &q), 0);
}

// One of several that an agent has; on again: it refreshes.
void phone_binds(const char *agent, unsigned phone, unsigned expires_s)
{
	struct flow flow = {.transport = UA_UDP};
	struct registrar_contact contact = {.expires_s = expires_s};
	char call_id[32], peer[32];
	struct registrar_request q = {
		.agent = agent,
		.tenant = "acme",
		.call_id = call_id,
		.user_agent = "sim",
		.cseq = ++far_end()->cseq,
		.flow = &flow,
		.contacts = &contact,
		.contact_count = 1,
	};
	str_format(call_id, sizeof(call_id), "phone %u", phone);
	str_format(peer, sizeof(peer), "10.9.1.%u:5060", phone);
	addr_parse(peer, &flow.peer);
	str_format(contact.uri, sizeof(contact.uri), "sip:%s@%s", agent, peer);
	ck_assert_uint_eq(registrar_update(far_end()->ua.registrar, &q), 0);
}

void sim_bindings_tell(
	void (*binding)(const struct ua_registration *r, const char *gone, void *arg), void *arg)
{
	far_end()->ua.handlers.binding = binding;
	far_end()->ua.handlers.told_arg = arg;
}
