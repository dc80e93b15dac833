// The keys of what figures roll up on: sites, shifts, teams, groups, regions. A part of schema.c.
#pragma once

#include "control/config/fields.h"

#define NAMED(type)                                                                          \
	.size = sizeof(struct type), .name_size = CONFIG_NAME_MAX, .name_type = CONFIG_NAME, \
	.tenant_offset = offsetof(struct type, tenant), .mark_offset = CONFIG_NO_OFFSET

static const struct config_field name_fields[] = {END};
static const struct config_schema site_schema = {"a site", "", name_fields, NAMED(config_site)};
static const struct config_schema group_schema = {"a group", "", name_fields, NAMED(config_group)};

static const struct config_field shift_fields[] = {
	{"site", CONFIG_REF_SITE, AT(config_shift, site), "site that it is of; none: of none", ""},
	END,
};
static const struct config_schema shift_schema = {"a shift",
	"Shifts of a site. Their figures are those of their teams.", shift_fields,
	NAMED(config_shift), "site"};

static const struct config_field team_fields[] = {
	{"shift", CONFIG_REF_SHIFT, AT(config_team, shift), "shift that it is of; none: of none",
		""},
	END,
};
static const struct config_schema team_schema = {"a team",
	"Teams of a shift. An agent says whose it is (`agents.NAME.team`); a reload that puts it "
	"into another team ends what counts for the one and begins what counts for the other.",
	team_fields, NAMED(config_team), "shift"};

static const struct config_field region_fields[] = {
	{"numbers", CONFIG_LIST, AT(config_region, numbers),
		"numbers of the tenant whose calls are the region's; \"4001*\": all that begin so",
		"", ITEM(CONFIG_NUMBER, struct config_beginning),
		COUNT(config_region, number_count)},
	{"callers", CONFIG_LIST, AT(config_region, callers),
		"what the numbers of its callers begin with: \"021\", \"+49\"; \"*\": all", "",
		ITEM(CONFIG_NUMBER, struct config_beginning), COUNT(config_region, caller_count)},
	{"agents", CONFIG_LIST, AT(config_region, agents),
		"whose states count for it; an agent is in one region", "",
		ITEM(CONFIG_REF_AGENT, struct config_agent *), COUNT(config_region, agent_count)},
	END,
};
static const struct config_schema region_schema = {"a region",
	"Regions, for figures by region. A call is of the region that has the number called, the "
	"longest beginning of it where no number fits; where none has, of the one with the longest "
	"beginning of the caller's number; else of none. Of a call out the number that it comes "
	"from stands for the one called, and the number called for the caller's. The region of who "
	"takes the call does not count: it is that of the agent's own states.",
	region_fields, NAMED(config_region)};

#define TREE_FIELDS                                                                             \
	{"sites", CONFIG_NAMES, AT(config, sites), "sites of the hotline, for figures by site", \
		"", COUNT(config, site_count), .sub = &site_schema},                            \
		{"shifts", CONFIG_MAP, AT(config, shifts), "name → shift", "",                  \
			COUNT(config, shift_count), .sub = &shift_schema},                      \
		{"teams", CONFIG_MAP, AT(config, teams), "name → team", "",                     \
			COUNT(config, team_count), .sub = &team_schema},                        \
		{"groups", CONFIG_NAMES, AT(config, groups),                                    \
			"groups of agents by their duty, with figures of their own: hotline, "  \
			"follow-up, training, inspection",                                      \
			"", COUNT(config, group_count), .sub = &group_schema},                  \
	{                                                                                       \
		"regions", CONFIG_MAP, AT(config, regions), "name → region", "",                \
			COUNT(config, region_count), .sub = &region_schema                      \
	}

#define AGENT_TREE_FIELDS                                                      \
	{"team", CONFIG_REF_TEAM, AT(config_agent, team),                      \
		"team that its figures count for; none: for none", ""},        \
	{                                                                      \
		"group", CONFIG_REF_GROUP, AT(config_agent, group),            \
			"group that its figures count for; none: for none", "" \
	}
