// The keys of calls out, of a trunk that they go through and of an agent who dials: lines of their
// tables in config/schema.c, made of the macros of config/fields.h.
#pragma once

#define TRUNK_OUT_FIELDS                                                                           \
	{"targets", CONFIG_LIST, AT(config_trunk, out.targets),                                    \
		"where calls go out to, the first that takes one; none: no calls go out", "",      \
		ITEM(CONFIG_LISTEN, struct config_listen), CONFIG_TARGETS_MAX,                     \
		COUNT(config_trunk, out.target_count)},                                            \
		{"target_quiet", CONFIG_SECONDS, AT(config_trunk, out.quiet_s),                    \
			"the next target is tried when one says nothing at all for so long", "4s", \
			1, 30},                                                                    \
		{"failover", CONFIG_LIST, AT(config_trunk, out.failover),                          \
			"trunks that are tried when no target takes the call", "",                 \
			ITEM(CONFIG_REF_TRUNK, struct config_trunk *), CONFIG_FAILOVER_MAX,        \
			COUNT(config_trunk, out.failover_count)},                                  \
		{"domain", CONFIG_STRING, AT(config_trunk, out.domain),                            \
			"host in the URIs of calls out; none: the target's address", ""},          \
		{"user", CONFIG_STRING, AT(config_trunk, out.user),                                \
			"digest user, where the carrier asks for one", ""},                        \
		{"password", CONFIG_STRING, AT(config_trunk, out.password), "digest password",     \
			""},                                                                       \
		{"register", CONFIG_BOOL, AT(config_trunk, out.registers),                         \
			"register as user with the first target that takes it, so that calls "     \
			"come here",                                                               \
			"no"},                                                                     \
		{"redirect_number", CONFIG_BOOL, AT(config_trunk, out.redirect_number),            \
			"a 3xx of a target may name another number, not only another target",      \
			"no"},                                                                     \
		{"caller", CONFIG_NUMBER, AT(config_trunk, out.caller),                            \
			"number that calls out come from where nothing else says; one of the "     \
			"tenant's",                                                                \
			""},                                                                       \
		{"rewrite", CONFIG_LIST, AT(config_trunk, out.rewrites),                           \
			"how the carrier wants numbers that are called: what they begin with, "    \
			"and what "                                                                \
			"stands there instead; the longest that fits is taken",                    \
			"", ITEM(CONFIG_REWRITE, struct config_rewrite),                           \
			COUNT(config_trunk, out.rewrite_count)},                                   \
		{"calls_out_max", CONFIG_INT, AT(config_trunk, out.calls_max),                     \
			"calls out at once; 0: no limit but calls_max", "0", 0, 1000000},          \
	{                                                                                          \
		"calls_out_rate", CONFIG_INT, AT(config_trunk, out.calls_per_s),                   \
			"new calls out a second; 0: no limit", "0", 0, 1000000                     \
	}

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
