// Where the phones are: the daemon's own registrar, behind phones that send no message.
#include <check.h>

#include "control/sip/core.h"
#include "control/sip/registrar/register.h"
#include "control/sip/registrar/registrar.h"
#include "engine/base/str.h"
#include "tests/flow/sim_far.h"
#include "tests/flow/sim_world.h"

#define EXPIRES_S 1000000

static struct ua far_agent;

struct ua *far_ua(void)
{
	return &far_agent;
}

void far_registrar_begin(const struct config *config)
{
	far_agent.timers = sim_timers();
	far_agent.config = config;
	far_agent.handlers = *far.handlers;
	ck_assert_int_eq(register_init(&far_agent), 0);
}

void far_registrar_configure(const struct config *config)
{
	far_agent.config = config;
	register_configure(&far_agent);
}

void far_registrar_end(void)
{
	register_fini(&far_agent);
}

bool far_registered(const char *agent)
{
	struct binding *list[BINDINGS_MAX];
	return registrar_bindings(far_agent.registrar, agent, list) > 0;
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
	ck_assert_uint_eq(registrar_update(far_agent.registrar, &q), 0);
}
