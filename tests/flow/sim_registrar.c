// Where the phones are: the daemon's own registrar, behind phones that send no message.
#include <check.h>

#include "control/sip/core.h"
#include "control/sip/registrar/register.h"
#include "control/sip/registrar/registrar.h"
#include "engine/base/str.h"
#include "tests/flow/sim_far.h"
#include "tests/flow/sim_world.h"

#define EXPIRES_S 1000000

void far_registrar_begin(const struct config *config)
{
	core.timers = sim_timers();
	core.config = config;
	core.handlers = *far.handlers;
	ck_assert_int_eq(register_init(), 0);
}

void far_registrar_configure(const struct config *config)
{
	core.config = config;
	register_configure();
}

void far_registrar_end(void)
{
	register_fini();
}

bool far_registered(const char *agent)
{
	struct binding *list[BINDINGS_MAX];
	return registrar_bindings(agent, list) > 0;
}

void far_register(const char *agent, bool on)
{
	static uint32_t cseq;
	struct flow flow = {.transport = UA_UDP};
	struct registrar_contact contact = {.expires_s = on ? EXPIRES_S : 0};
	struct registrar_request q = {
		.agent = agent,
		.call_id = "phone",
		.user_agent = "sim",
		.cseq = ++cseq,
		.flow = &flow,
		.contacts = &contact,
		.contact_count = 1,
	};
	addr_parse("10.9.0.80:5060", &flow.peer);
	str_format(contact.uri, sizeof(contact.uri), "sip:%s@10.9.0.80:5060", agent);
	ck_assert_uint_eq(registrar_update(&q), 0);
}
