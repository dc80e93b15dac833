// The keys of a numbering plan, of a tenant and of a trunk: lines of their tables in
// config/schema.c, made of the macros of config/fields.h.
#pragma once

#define TENANT_PLAN_FIELDS                                                                        \
	{"country_code", CONFIG_STRING, AT(config_tenant, plan.country),                          \
		"country code of its numbers, as \"86\": they are then the same in E.164 and in " \
		"national form; none: a number is what its text says",                            \
		""},                                                                              \
		{"national_prefix", CONFIG_STRING, AT(config_tenant, plan.national),              \
			"what stands before a national number; the word none: nothing", "0"},     \
		{"international_prefix", CONFIG_STRING, AT(config_tenant, plan.international),    \
			"what stands before a country code where there is no plus; the word "     \
			"none: "                                                                  \
			"nothing",                                                                \
			"00"},                                                                    \
		{"bare_numbers", CONFIG_CHOICE, AT(config_tenant, plan.bare),                     \
			"what digits without a prefix are: national, e164 (with country code) "   \
			"or local (stay as they are)",                                            \
			"national", NAMES("national", "e164", "local")},                          \
	{                                                                                         \
		"short_numbers", CONFIG_INT, AT(config_tenant, plan.short_digits),                \
			"of so many digits or fewer they are short codes, and stay as they are",  \
			"6", 0, 15                                                                \
	}

#define TRUNK_PLAN_FIELDS                                                                     \
	{"country_code", CONFIG_STRING, AT(config_trunk, plan.country),                       \
		"country code of the numbers that it sends; none: the tenant's", ""},         \
		{"national_prefix", CONFIG_STRING, AT(config_trunk, plan.national),           \
			"the same for what stands before a national number", ""},             \
		{"international_prefix", CONFIG_STRING, AT(config_trunk, plan.international), \
			"the same for what stands before a country code", ""},                \
	{                                                                                     \
		"bare_numbers", CONFIG_CHOICE, AT(config_trunk, bare),                        \
			"the same for digits without a prefix", "tenant",                     \
			NAMES("tenant", "national", "e164", "local")                          \
	}
