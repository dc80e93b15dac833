// Two nodes' command sockets in one process: each answers for its own node, and goes by itself.
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/ops/ops.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

struct node {
	struct timers timers;
	bool drains;
	unsigned drained, reloads;
	void (*reloaded)(int error, const char *problems, void *arg);
	void *arg;
	struct config config;
	struct config_tenant tenant;
	struct ops *ops;
};

static char folder[64];

static int reload(struct node *n, const struct ops_who *who,
	void (*done)(int error, const char *problems, void *arg), void *arg)
{
	n->reloads++;
	n->reloaded = done;
	n->arg = arg;
	return 0;
}

static void drain(struct node *n, const struct ops_who *who)
{
	n->drained++;
}

static bool draining(const struct node *n)
{
	return n->drains;
}

static int drain_cancel(struct node *n, const struct ops_who *who)
{
	return n->drains ? 0 : -EALREADY;
}

static const char *not_ready(const struct node *n)
{
	return NULL;
}

static void start(struct node *n, const char *name)
{
	const struct ops_env env = {.timers = &n->timers,
		.config = &n->config,
		.node = n,
		.reload = reload,
		.drain = drain,
		.draining = draining,
		.drain_cancel = drain_cancel,
		.not_ready = not_ready};
	char error[512];
	*n = (struct node){.config = {.tenants = &n->tenant, .tenant_count = 1}};
	timers_init(&n->timers, NULL);
	str_copy(n->tenant.name, sizeof(n->tenant.name), name);
	str_format(
		n->config.control.socket, sizeof(n->config.control.socket), "%s/%s", folder, name);
	str_copy(n->config.file, sizeof(n->config.file), name);
	ck_assert_int_eq(ops_start(&env, &n->ops, error), 0);
}

static void serve(struct node *nodes, unsigned count)
{
	struct pollfd fds[2];
	for (unsigned i = 0; i < count; i++)
		fds[i] = (struct pollfd){ops_fd(nodes[i].ops), POLLIN};
	while (poll(fds, count, 20) > 0)
		for (unsigned i = 0; i < count; i++)
			ops_poll(nodes[i].ops);
}

static int ask(const struct node *n, const char *line)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	str_copy(sun.sun_path, sizeof(sun.sun_path), n->config.control.socket);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
	return fd;
}

static void hears(int fd, const char *wanted)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	if (wanted[0] == '\0')
		ck_assert_str_eq(text, "");
	else
		ck_assert_msg(strstr(text, wanted) != NULL, "%s: %s", wanted, text);
}

#define NAMES  "{\"command\":\"names\",\"args\":[\"tenants\"]}\n"
#define CANCEL "{\"command\":\"drain\",\"options\":{\"cancel\":\"\"}}\n"
#define RELOAD "{\"command\":\"reload\"}\n"
#define FOLLOW "{\"command\":\"events follow\"}\n"

static void begin(struct node nodes[2])
{
	folder_new(folder);
	start(&nodes[0], "acme");
	start(&nodes[1], "city");
}

START_TEST(each_answers_for_its_node)
{
	struct node nodes[2];
	int fds[2];
	begin(nodes);
	for (unsigned i = 0; i < 2; i++)
		fds[i] = ask(&nodes[i], NAMES);
	serve(nodes, 2);
	for (unsigned i = 0; i < 2; i++) {
		hears(fds[i], i == 0 ? "{\"name\":\"acme\"}" : "{\"name\":\"city\"}");
		close(fds[i]);
	}
	nodes[1].drains = true;
	for (unsigned i = 0; i < 2; i++)
		fds[i] = ask(&nodes[i], CANCEL);
	serve(nodes, 2);
	hears(fds[0], "the node does not drain");
	hears(fds[1], "new calls are taken again");
	for (unsigned i = 0; i < 2; i++) {
		close(fds[i]);
		ops_stop(nodes[i].ops);
	}
	folder_remove(folder);
}
END_TEST

// Each has as many followers as one has, and tells them of its own log alone.
START_TEST(followers_hear_their_own_log)
{
	const struct event e = {
		.type = EVENT_CALL_ANSWERED, .sequence = 7, .tenant = "acme", .body = "{}"};
	struct node nodes[2];
	int fds[2];
	begin(nodes);
	for (unsigned i = 0; i < 2; i++)
		fds[i] = ask(&nodes[i], FOLLOW);
	serve(nodes, 2);
	ops_event(nodes[0].ops, &e);
	serve(nodes, 2);
	hears(fds[0], "\"sequence\":7");
	hears(fds[1], "");
	ops_stop(nodes[0].ops);
	ops_event(nodes[1].ops, &e);
	serve(nodes + 1, 1);
	hears(fds[1], "\"sequence\":7");
	for (unsigned i = 0; i < 2; i++)
		close(fds[i]);
	ops_stop(nodes[1].ops);
	folder_remove(folder);
}
END_TEST

// A request that stays open is ended by its own node, while the other one's goes on.
START_TEST(one_goes_and_the_other_stays)
{
	struct node nodes[2];
	int fds[2];
	begin(nodes);
	for (unsigned i = 0; i < 2; i++)
		fds[i] = ask(&nodes[i], RELOAD);
	serve(nodes, 2);
	ck_assert_uint_eq(nodes[0].reloads, 1);
	ck_assert_uint_eq(nodes[1].reloads, 1);
	ops_stop(nodes[0].ops);
	ck_assert_int_ne(access(nodes[0].config.control.socket, F_OK), 0);
	nodes[1].reloaded(0, "", nodes[1].arg);
	serve(nodes + 1, 1);
	hears(fds[1], "the configuration of city is in force");
	for (unsigned i = 0; i < 2; i++)
		close(fds[i]);
	ops_stop(nodes[1].ops);
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("two_ops", each_answers_for_its_node, followers_hear_their_own_log,
	one_goes_and_the_other_stays)
