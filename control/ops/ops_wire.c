// Wires the commands to the socket, and the shapes that rows share.
#include "control/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/body.h"
#include "control/config/config.h"
#include "control/store/store.h"
#include "control/contract/cause.h"
#include "control/ops/ops_private.h"
#include "control/ops/request.h"
#include "control/ops/socket.h"
#include "engine/base/addr.h"
#include "engine/base/str.h"

static struct ops_env env;

static request_run_h *const runs[COMMAND_COUNT] = {
#define X(id, words, args, help, least, most, options, flags) [COMMAND_##id] = command_run_##id,
	COMMANDS(X)
#undef X
};

const struct ops_env *ops_env(void)
{
	return &env;
}

void ops_who_tell(const struct ops_who *who, struct body *b)
{
	body_text(b, "by", who->by);
	if (who->pid != 0) {
		body_u64(b, "uid", who->uid);
		body_i64(b, "pid", who->pid);
	}
}

static void on_gone(struct request *r)
{
	switch (r->command) {
	case COMMAND_EVENTS_FOLLOW:
		events_gone(r);
		return;
	case COMMAND_RELOAD:
		reload_gone(r);
		return;
	default:
		queries_gone(r);
	}
}

static void on_room(void)
{
	store_resume(env.store);
}

int ops_start(const struct ops_env *e, char error[512])
{
	static const struct request_handlers handlers = {
		.run = runs, .gone = on_gone, .room = on_room};
	env = *e;
	return requests_start(env.config->control.socket, &handlers, error);
}

void ops_configure(struct config *config)
{
	env.config = config;
}

void ops_stop(void)
{
	requests_stop();
}

int ops_fd(void)
{
	return ops_socket_fd();
}

void ops_poll(void)
{
	ops_socket_poll();
	requests_turn();
}

json_t *row_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	return a->family == ADDR_NONE ? json_null() : json_string(addr_text(a, text));
}

json_t *row_time(uint64_t wall_ns)
{
	char text[SHAPE_TIME_MAX];
	return wall_ns ? json_string(shape_time(wall_ns, 3, text)) : json_null();
}

json_t *row_count(uint64_t n)
{
	return n ? json_integer((json_int_t)n) : json_null();
}

json_t *row_text(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;
	return json ? json : json_null();
}

struct ops_who request_who(const struct request *r)
{
	struct ops_who who = {.by = "operator"};
	if (r->client != NULL)
		ops_client_who(r->client, &who.uid, &who.pid);
	return who;
}

void request_fail_for(struct request *r, enum cause cause, const char *what)
{
	char text[256];
	request_fail(r, cause_exit(cause), "%s", cause_text(cause, what, text, sizeof(text)));
}

bool request_limit(struct request *r, unsigned *out)
{
	const char *text = request_option(r, "limit");
	uint64_t n = 0;
	if (text != NULL && (str_u64(text, &n) != 0 || n == 0 || n > 10000)) {
		request_fail(r, EXIT_USAGE, "--limit: expected 1 to 10000, got %s", text);
		return false;
	}
	*out = (unsigned)n;
	return true;
}
