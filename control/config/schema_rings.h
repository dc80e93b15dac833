// What widens a queue: rings by waiting time, a reserve, and how it stands beside others. A part of
// schema.c.
#pragma once

#include "control/config/fields.h"

#define NOBODYS .tenant_offset = CONFIG_NO_OFFSET, .mark_offset = CONFIG_NO_OFFSET

// Of a struct that has a crew. Who is named in any of the queue's lists stays there.
#define TEAMS(of, crew, help)                                                                   \
	{                                                                                       \
		"teams", CONFIG_LIST, AT(of, crew.teams), help, "",                             \
			ITEM(CONFIG_REF_TEAM, struct config_team *), COUNT(of, crew.team_count) \
	}

static const struct config_field ring_fields[] = {
	{"after", CONFIG_SECONDS, AT(config_ring, after_s),
		"once a caller has waited for so long; each ring later than the one before", NULL,
		1, 86400},
	{"skills", CONFIG_LEVELS, AT(config_ring, skills.list),
		"skill → level that it asks for from then on, if that is lower; 0: does not ask "
		"for it any more",
		"", 0, CONFIG_LEVEL_MAX, COUNT(config_ring, skills.count)},
	{"priority", CONFIG_INT, AT(config_ring, priority),
		"priority that it has from then on, if it had a worse one", "7", 0,
		CONFIG_PRIORITY_MAX},
	{"agents", CONFIG_LIST, AT(config_ring, agents),
		"who takes the queue's callers from this ring on, beside its agents", "",
		ITEM(CONFIG_REF_AGENT, struct config_agent *), COUNT(config_ring, agent_count)},
	TEAMS(config_ring, crew, "who takes them from this ring on because of its team"),
	END,
};
static const struct config_schema ring_schema = {"a ring",
	"What a caller asks for less, and who takes it beside the queue's agents, once it has "
	"waited; it keeps its place. Rings are counted from 1; in ring 0 is who just came.",
	ring_fields, .size = sizeof(struct config_ring), NOBODYS};

static const struct config_field reserve_fields[] = {
	{"agents", CONFIG_LIST, AT(config_queue, reserve.agents),
		"who takes the queue's callers only while the reserve is called", "",
		ITEM(CONFIG_REF_AGENT, struct config_agent *),
		COUNT(config_queue, reserve.agent_count)},
	TEAMS(config_queue, reserve.crew, "who is of the reserve because of its team"),
	{"from", CONFIG_INT, AT(config_queue, reserve.from),
		"it is called when so many callers wait", "", 1, 1000000},
	{"to", CONFIG_INT, AT(config_queue, reserve.to),
		"and sent back when no more than so many do: less than from", "0", 0, 1000000},
	{"wait", CONFIG_SECONDS, AT(config_queue, reserve.wait_s),
		"it is called while a caller has waited for so long", "", 1, 86400},
	{"during", CONFIG_LIST, AT(config_queue, reserve.during),
		"it is called in these hours of the node's time zone, as 09:00-12:00 or mon-fri "
		"13:00-14:00",
		"", ITEM(CONFIG_STRING, struct config_hours),
		COUNT(config_queue, reserve.during_count)},
	END,
};
static const struct config_schema reserve_schema = {"a reserve",
	"Agents who help out while many wait or one for long, or at some hours, and are left to "
	"their other work and queues before. At least one of from, wait and during calls them.",
	reserve_fields, NOBODYS};

#define RINGS_FIELDS                                                                              \
	{"rings", CONFIG_ITEMS, AT(config_queue, rings),                                          \
		"how the queue widens for who has waited; none: it does not", "",                 \
		.max = CONFIG_RINGS_MAX, COUNT(config_queue, ring_count), .sub = &ring_schema},   \
		{"reserve", CONFIG_SECTION, 0, 0, "agents who help out at times", "",             \
			.sub = &reserve_schema},                                                  \
		{"last_agent", CONFIG_SECONDS, AT(config_queue, last_agent_s),                    \
			"who calls again within this is offered first to the agent who talked "   \
			"with them last, if that one is ready; 0s: to any",                       \
			"0s", 0, 90 * 86400},                                                     \
		{"last_agent_wait", CONFIG_SECONDS, AT(config_queue, last_agent_wait_s),          \
			"and waits so long for that one alone, who is at work and wants calls; "  \
			"0s: is another one's at once",                                           \
			"0s", 0, 3600},                                                           \
		{"serve_within", CONFIG_SECONDS, AT(config_queue, serve_within_s),                \
			"a caller's time is up after this; an agent of several queues takes, of " \
			"one priority, whose time is up first",                                   \
			"20s", 0, 3600},                                                          \
	{                                                                                         \
		"weight", CONFIG_INT, AT(config_queue, weight),                                   \
			"against other queues of the same agents: a caller's time is up so many " \
			"times as soon",                                                          \
			"1", 1, 10                                                                \
	}
