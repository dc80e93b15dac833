// What the commands share: the node that they are about, and the requests that stay open.
#pragma once

#include "control/ops/env.h"
#include "control/ops/request.h"

#define FOLLOWERS_MAX 16

struct ops {
	struct ops_env env;
	struct requests *requests;
	struct request *followers[FOLLOWERS_MAX]; // of `events follow`; NULL: a free place
};

static inline const struct ops_env *request_env(const struct request *r)
{
	return &r->ops->env;
}

// Each command's function, found by its name in the table of commands.
#define X(id, ...) request_run_h command_run_##id;
COMMANDS(X)
#undef X
