// The keys of an agent whose phone dials out: lines of its table in config/schema.c, made of the
// macros of config/fields.h.
#pragma once

#define AGENT_DIALS_FIELDS                                                                         \
	{"dials", CONFIG_LIST, AT(config_agent, dials),                                            \
		"trunks that the phone dials out through, the first that has room; none: it "      \
		"dials the tenant's own numbers alone",                                            \
		"", ITEM(CONFIG_REF_TRUNK, struct config_trunk *), CONFIG_DIALS_MAX,               \
		COUNT(config_agent, dials_count)},                                                 \
		{"dials_to", CONFIG_LIST, AT(config_agent, dials_to),                              \
			"what numbers begin with that it may dial, '*': all; none: it may dial "   \
			"nothing",                                                                 \
			"", ITEM(CONFIG_NUMBER, struct config_beginning),                          \
			COUNT(config_agent, dials_to_count)},                                      \
		{"dials_not", CONFIG_LIST, AT(config_agent, dials_not),                            \
			"what numbers begin with that it may not; of both lists the longest that " \
			"fits says",                                                               \
			"", ITEM(CONFIG_NUMBER, struct config_beginning),                          \
			COUNT(config_agent, dials_not_count)},                                     \
		{"dials_as", CONFIG_NUMBER, AT(config_agent, dials_as),                            \
			"number that its calls come from, one of the tenant's; none: the trunk's " \
			"caller",                                                                  \
			""},                                                                       \
		{"dials_max", CONFIG_INT, AT(config_agent, dials_max), "its calls out at once",    \
			"2", 1, 1000},                                                             \
	{                                                                                          \
		"dials_record", CONFIG_BOOL, AT(config_agent, dials_record),                       \
			"its calls out are recorded, also where the number that they come from "   \
			"asks for none",                                                           \
			"no"                                                                       \
	}
