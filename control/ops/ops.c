// The table of the commands' functions, and the socket that they answer through.
#include "control/ops/ops.h"

#include <errno.h>
#include <stdlib.h>

#include "control/config/config.h"
#include "control/store/store.h"
#include "control/ops/ops_private.h"
#include "control/ops/request.h"
#include "engine/base/str.h"

static request_run_h *const runs[COMMAND_COUNT] = {
#define X(id, ...) [COMMAND_##id] = command_run_##id,
	COMMANDS(X)
#undef X
};

static void on_room(struct ops *ops)
{
	store_resume(ops->env.store);
}

int ops_start(const struct ops_env *env, struct ops **out, char error[512])
{
	struct ops *ops = calloc(1, sizeof(*ops));
	if (ops == NULL) {
		str_copy(error, 512, "out of memory");
		return -ENOMEM;
	}
	const struct request_handlers handlers = {
		.ops = ops, .timers = env->timers, .run = runs, .room = on_room};
	ops->env = *env;
	int err = requests_start(env->config->control.socket, &handlers, &ops->requests, error);
	if (err) {
		free(ops);
		return err;
	}
	*out = ops;
	return 0;
}

void ops_configure(struct ops *ops, struct config *config)
{
	ops->env.config = config;
}

void ops_stop(struct ops *ops)
{
	requests_stop(ops->requests);
	free(ops);
}

int ops_fd(const struct ops *ops)
{
	return requests_fd(ops->requests);
}

void ops_poll(struct ops *ops)
{
	requests_poll(ops->requests);
}
