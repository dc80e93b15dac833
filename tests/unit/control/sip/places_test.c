// From where may anybody sign in: each agent's prefixes, or anywhere where one has none.
#include "tests/unit/unit.h"

#include "control/sip/registrar/places.h"

static struct addr at(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static bool have(const struct places *p, const char *text)
{
	struct addr a = at(text);

	return places_have(p, &a);
}

START_TEST(of_all_agents)
{
	struct config_prefix office[] = {{at("192.0.2.0"), 24}, {at("2001:db8::"), 32}};
	struct config_prefix home[] = {{at("192.0.2.0"), 24}, {at("198.51.100.7"), 32}};
	struct config_agent agents[] = {{.from = office, .from_count = 2},
		{.from = home, .from_count = 2}, {.from = home, .from_count = 2}};
	struct config c = {.agents = agents, .agent_count = 3};
	struct places p = {0};

	ck_assert(!have(&p, "192.0.2.1"));
	places_configure(&p, &c);
	ck_assert_uint_eq(p.count, 3);
	ck_assert(have(&p, "192.0.2.1:5060"));
	ck_assert(have(&p, "198.51.100.7:9"));
	ck_assert(have(&p, "2001:db8:1::5"));
	ck_assert(!have(&p, "198.51.100.8"));
	ck_assert(!have(&p, "2001:db9::5"));
	agents[1].from_count = 0;
	places_configure(&p, &c);
	ck_assert(have(&p, "198.51.100.8"));
	c.agent_count = 0;
	places_configure(&p, &c);
	ck_assert(!have(&p, "192.0.2.1"));
	places_drop(&p);
}
END_TEST

UNIT_MAIN("places", of_all_agents)
