// What figures roll up on: the tree of site, shift, team and agent, groups of agents by their duty,
// and regions of calls and agents. A part of the configuration, read-only as all of it.
#pragma once

#include <stdbool.h>

#define CONFIG_TREE_NAME_MAX 64

struct config_tenant;
struct config_agent;
struct config_beginning;

struct config_site {
	char name[CONFIG_TREE_NAME_MAX];
	struct config_tenant *tenant;
};

struct config_shift {
	char name[CONFIG_TREE_NAME_MAX];
	struct config_tenant *tenant;
	struct config_site *site; // NULL: of none
};

struct config_team {
	char name[CONFIG_TREE_NAME_MAX];
	struct config_tenant *tenant;
	struct config_shift *shift; // NULL: of none
};

struct config_group { // of agents with one duty: hotline, follow-up, training, inspection
	char name[CONFIG_TREE_NAME_MAX];
	struct config_tenant *tenant;
};

struct config_region {
	char name[CONFIG_TREE_NAME_MAX];
	struct config_tenant *tenant;
	// Numbers of the tenant, "4001*": all that begin so; what callers' numbers begin with.
	struct config_beginning *numbers, *callers;
	unsigned number_count, caller_count;
	struct config_agent **agents;
	unsigned agent_count;
};

// A number, or the beginning of such ("+8621*"), and whose region it is.
struct config_area {
	const struct config_tenant *tenant;
	bool of_caller; // else one of the tenant's own numbers
	const char *text;
	const struct config_region *region;
};
