// The client's end of the command socket.
#include "control/ringctl/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/contract/wire.h"
#include "engine/base/str.h"

#define LINE_MAX_BYTES (1u << 30) // a row holds all callers of a queue
#define SILENCE_MS     30000	  // of a daemon that owes an answer
#define PROBE_MS       3000	  // of one that is asked whether it is ready

static volatile sig_atomic_t caught;

struct client {
	int fd;
	const struct client_question *q;
	client_row_h *row;
	void *arg;
	char *in;
	size_t in_len, in_size;
	bool ended;
	int exit;
	char *error; // CLIENT_ERROR_MAX bytes
};

static void on_signal(int number)
{
	caught = 1;
}

void client_catch(struct client_catch *c)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t block;
	struct sigaction action = {.sa_handler = on_signal};
	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaddset(&block, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &block, &c->waiting);
}

bool client_caught(void)
{
	return caught;
}

int client_poll(const struct client_catch *c, struct pollfd *fds, unsigned count, int timeout_ms)
{
	struct timespec ts = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	return ppoll(fds, count, timeout_ms < 0 ? NULL : &ts, c ? &c->waiting : NULL);
}

static int client_fail(struct client *c, const char *fmt, const char *what)
{
	str_format(c->error, CLIENT_ERROR_MAX, fmt, what);
	return c->exit = EXIT_FAILED;
}

// Whoever probes wants a word soon: a daemon that is silent takes no calls.
static int client_patience_ms(const struct client_question *q)
{
	return json_object_get(q->options, "ready") != NULL ? PROBE_MS : SILENCE_MS;
}

static int client_connect(struct client *c)
{
	const char *path = c->q->socket;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	if (str_copy(sun.sun_path, sizeof(sun.sun_path), path) != 0)
		return client_fail(c, "the socket's path is too long: %s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	// A daemon that takes nobody in any more must not hold us for ever.
	const struct timeval most = {.tv_sec = client_patience_ms(c->q) / 1000};
	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return 0;
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return client_fail(c,
			"ringhall is not running: nobody listens on %s; start it with `systemctl "
			"start ringhall`, or name its control.socket with --socket PATH",
			path);
	case EACCES:
	case EPERM:
		return client_fail(c,
			"no permission for %s: run ringctl as root or as a member of ringhall's "
			"group",
			path);
	case EAGAIN:
		return client_fail(c, "ringhall does not answer on %s", path);
	default:
		str_format(c->error, CLIENT_ERROR_MAX, "cannot connect to %s: %s", path,
			strerror(errno));
		return c->exit = EXIT_FAILED;
	}
}

// Those that are the daemon's business.
static json_t *client_options(const struct client_question *q)
{
	const char *name;
	json_t *value, *options = json_object();
	json_object_foreach((json_t *)q->options, name, value)
	{
		const struct command_option *o = command_option(q->command, name);
		if (o != NULL && !o->local)
			json_object_set(options, name, value);
	}
	return options;
}

static int client_send(struct client *c)
{
	json_t *args = json_array();
	bool bad = false;
	for (unsigned i = 0; i < c->q->arg_count; i++)
		bad |= json_array_append_new(args, json_string(c->q->args[i])) != 0;
	json_t *line = json_pack("{s:s,s:o,s:o}", "command", c->q->command->words, "args", args,
		"options", client_options(c->q));
	char *text = line && !bad ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	if (text == NULL)
		return client_fail(c, "an argument is not %s", "UTF-8");
	size_t len = strlen(text);
	text[len] = '\n';
	ssize_t sent = send(c->fd, text, len + 1, MSG_NOSIGNAL);
	free(text);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return 0; // closed already: it has said why
	if (sent != (ssize_t)len + 1)
		return client_fail(c, "ringhall does not take the command: %s", strerror(errno));
	return 0;
}

// What has no room is said to be missing.
static void client_say(struct client *c, const char *text)
{
	static const char cut[] = "\n(and more)";
	if (str_copy(c->error, CLIENT_ERROR_MAX, text) != 0)
		memcpy(c->error + CLIENT_ERROR_MAX - sizeof(cut), cut, sizeof(cut));
}

static void client_end(struct client *c, const json_t *end)
{
	const char *error = json_string_value(json_object_get(end, "error"));
	c->ended = true;
	c->exit = (int)json_integer_value(json_object_get(end, "exit"));
	if (c->exit == EXIT_DONE)
		error = json_string_value(json_object_get(end, "note"));
	client_say(c, error ? error : "");
	if (c->exit != EXIT_DONE && error == NULL)
		str_copy(c->error, CLIENT_ERROR_MAX, "ringhall gives no reason");
}

static void client_line(struct client *c, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	const json_t *row = json_object_get(line, "row");
	const json_t *end = json_object_get(line, "end");
	if (json_is_object(row)) {
		c->ended = !c->row(row, c->arg);
	} else if (json_is_object(end)) {
		client_end(c, end);
	} else {
		c->ended = true;
		client_fail(c, "what answers on %s is not ringhall", c->q->socket);
	}
	json_decref(line);
}

static void client_lines(struct client *c)
{
	char *begin = c->in, *end;
	while (!c->ended &&
		(end = memchr(begin, '\n', c->in_len - (size_t)(begin - c->in))) != NULL) {
		*end = '\0';
		client_line(c, begin);
		begin = end + 1;
	}
	c->in_len -= (size_t)(begin - c->in);
	memmove(c->in, begin, c->in_len);
}

// Takes what came along with the text: one file, whatever else the other end may think of.
static void client_take(struct client *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= h->cmsg_len; at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(h) + at, sizeof(fd));
			if (*c->q->file < 0)
				*c->q->file = fd;
			else
				close(fd);
		}
	}
}

// A file that was not asked for stays out: it has no room.
static ssize_t client_receive(struct client *c)
{
	char *at = c->in + c->in_len;
	size_t size = c->in_size - c->in_len;
	if (c->q->file == NULL)
		return recv(c->fd, at, size, 0);
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec text = {at, size};
	struct msghdr m = {.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n;
	client_take(c, &m);
	if (!(m.msg_flags & MSG_CTRUNC))
		return n;
	c->ended = true;
	client_fail(c, "no descriptor is left for the file that %s sends", "ringhall");
	return -1;
}

// Reads once. A positive value is a number of bytes, else the question is over.
static ssize_t client_read(struct client *c)
{
	if (c->in_size - c->in_len < 4096) {
		size_t size = c->in_size ? c->in_size * 2 : 65536;
		char *in = size <= LINE_MAX_BYTES ? realloc(c->in, size) : NULL;
		if (in == NULL)
			return client_fail(c, "%s sends a line without an end", "ringhall"), -1;
		c->in = in;
		c->in_size = size;
	}
	struct pollfd fd = {c->fd, POLLIN};
	int timeout = c->q->command->flags & COMMAND_STREAM ? -1 : client_patience_ms(c->q);
	int ready;
	do
		ready = client_poll(c->q->caught, &fd, 1, timeout);
	while (ready < 0 && errno == EINTR && !client_caught());
	if (client_caught())
		return 0;
	if (ready == 0)
		return client_fail(c, "ringhall does not answer on %s", c->q->socket), -1;
	ssize_t n = client_receive(c);
	if (n <= 0 && !c->ended)
		return client_fail(c, "%s ended in the middle of its answer", "ringhall"), -1;
	return n;
}

int client_ask(
	const struct client_question *q, client_row_h *row, void *arg, char error[CLIENT_ERROR_MAX])
{
	struct client c = {.fd = -1, .q = q, .row = row, .arg = arg, .error = error};
	ssize_t n = 0;
	error[0] = '\0';
	if (q->file != NULL)
		*q->file = -1;
	if (client_connect(&c) == 0 && client_send(&c) == 0) {
		while (!c.ended && (n = client_read(&c)) > 0) {
			c.in_len += (size_t)n;
			client_lines(&c);
		}
	}
	if (c.fd >= 0)
		close(c.fd);
	free(c.in);
	if (q->file != NULL && *q->file >= 0 && c.exit != EXIT_DONE) {
		close(*q->file);
		*q->file = -1;
	}
	return c.exit;
}
