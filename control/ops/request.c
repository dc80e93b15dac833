// Requests: lines of the command socket to handlers, rows back to lines.
#include "control/ops/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/ops/socket.h"
#include "engine/base/str.h"

struct requests {
	struct ops_socket *socket;
	struct request_handlers handlers;
	struct request *open;
	uint64_t turn;
};

static int client_send_json(struct ops_client *c, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (text == NULL)
		return -ENOMEM;
	size_t len = strlen(text);
	text[len] = '\n'; // the terminator's place: the length goes along
	int err = ops_client_send(c, text, len + 1);
	free(text);
	return err;
}

static void client_end(
	struct ops_client *c, const char *error, enum request_exit code, const char *note)
{
	json_t *end = json_pack(
		"{s:{s:s?,s:i,s:s*}}", "end", "error", error, "exit", (int)code, "note", note);
	if (end == NULL) // a text that is not UTF-8
		end = json_pack("{s:{s:s,s:i}}", "end", "error", "failed", "exit", (int)code);
	client_send_json(c, end);
	ops_client_finish(c);
}

const char *request_option(const struct request *r, const char *name)
{
	return json_string_value(json_object_get(json_object_get(r->json, "options"), name));
}

bool request_row(struct request *r, json_t *row)
{
	if (r->client == NULL) {
		json_decref(row);
		return false;
	}
	row = shape_fit(shape_of_command(r->command), row);
	r->lost += row == NULL;
	if (row == NULL)
		return false;
	r->rows++;
	return client_send_json(r->client, json_pack("{s:o}", "row", row)) == 0;
}

bool request_row_file(struct request *r, json_t *row, int fd)
{
	row = shape_fit(shape_of_command(r->command), row);
	json_t *line = row ? json_pack("{s:o}", "row", row) : NULL;
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	r->lost += text == NULL;
	if (text == NULL || r->client == NULL) {
		close(fd);
		free(text);
		return false;
	}
	size_t len = strlen(text);
	text[len] = '\n';
	int err = ops_client_send_file(r->client, text, len + 1, fd);
	free(text);
	r->rows++;
	return err == 0;
}

// --- a row in parts ---

static void part(struct request *r, const char *text, size_t len)
{
	if (r->client != NULL)
		ops_client_send(r->client, text, len);
}

// False: it could not be made.
static bool part_json(struct request *r, json_t *json, size_t without)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	json_decref(json);
	r->lost += text == NULL;
	if (text != NULL)
		part(r, text, strlen(text) - without);
	free(text);
	return text != NULL;
}

void request_open(struct request *r, json_t *row)
{
	part(r, "{\"row\":", 7);
	row = shape_fit(shape_of_command(r->command), row);
	if (!part_json(r, row, 1)) // all but its last brace
		part(r, "{\"lost\":1", 9);
	r->rows++;
}

void request_list(struct request *r, const char *name)
{
	if (r->listing)
		part(r, "]", 1);
	part(r, ",\"", 2);
	part(r, name, strlen(name));
	part(r, "\":[", 3);
	r->listing = true;
	r->listed = false;
	r->items = shape_rows(shape_of_command(r->command), name);
}

void request_item(struct request *r, json_t *item)
{
	if (item != NULL && r->listed)
		part(r, ",", 1);
	r->listed |= part_json(r, shape_fit(r->items, item), 0);
}

void request_close(struct request *r)
{
	part(r, "]}}\n", 4);
	r->listing = false;
}

// --- pages ---

void *request_pages(
	struct request *r, request_page_h *page, size_t bytes, void (*leave)(void *place))
{
	r->place = calloc(1, bytes);
	if (r->place == NULL) {
		request_fail(r, EXIT_FAILED, "out of memory");
		return NULL;
	}
	r->page = page;
	r->leave = leave;
	ops_socket_again(r->among->socket);
	return r->place;
}

static bool request_waits(const struct request *r)
{
	return r->page != NULL && r->client != NULL && ops_client_has_room(r->client);
}

bool request_has_room(struct request *r)
{
	r->full = r->client != NULL && !ops_client_has_room(r->client);
	return !r->full;
}

// Those of whom room was asked for in vain.
static void requests_resume(struct requests *rs)
{
	bool any = false;
	for (struct request *r = rs->open; r != NULL; r = r->next)
		any |= r->full && request_has_room(r);
	if (any && rs->handlers.room != NULL)
		rs->handlers.room(rs->handlers.ops);
}

// The next page: one in a turn, of whoever has waited longest.
static void requests_turn(struct requests *rs)
{
	struct request *next = NULL;
	unsigned waiting = 0;
	requests_resume(rs);
	for (struct request *r = rs->open; r != NULL; r = r->next) {
		if (!request_waits(r))
			continue;
		waiting++;
		if (next == NULL || r->turn <= next->turn) // of two new ones the first
			next = r;
	}
	if (next == NULL)
		return;
	next->turn = ++rs->turn;
	bool more = next->page(next);
	if (!more)
		request_done(next);
	if (waiting > 1 || (more && request_waits(next)))
		ops_socket_again(rs->socket);
}

void requests_poll(struct requests *rs)
{
	ops_socket_poll(rs->socket);
	requests_turn(rs);
}

static void request_free(struct request *r)
{
	for (struct request **at = &r->among->open; *at != NULL; at = &(*at)->next) {
		if (*at == r) {
			*at = r->next;
			break;
		}
	}
	json_decref(r->json);
	json_decref(r->kept);
	if (r->place != NULL && r->leave != NULL)
		r->leave(r->place);
	free(r->place);
	free(r->note);
	free(r);
}

static void request_end(struct request *r, const char *error, enum request_exit code)
{
	struct ops_client *c = r->client;
	r->client = NULL; // its going away is no news any more
	if (c != NULL)
		client_end(c, error, code, r->note);
	request_free(r);
}

void request_done(struct request *r)
{
	if (r->lost > 0)
		request_fail(r, EXIT_FAILED, "no memory, or no UTF-8: entries that are missing: %u",
			r->lost);
	else
		request_end(r, NULL, EXIT_DONE);
}

void request_note(struct request *r, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	free(r->note);
	if (vasprintf(&r->note, fmt, args) < 0)
		r->note = NULL;
	va_end(args);
}

void request_acted(struct request *r, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	request_row(r, json_pack("{s:s}", "done", text ? text : "done"));
	free(text);
	request_end(r, NULL, EXIT_DONE);
}

void request_fail(struct request *r, enum request_exit code, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	request_end(r, text ? text : "failed, without memory to say why", code);
	free(text);
}

void request_fail_for(struct request *r, enum cause cause, const char *what)
{
	char text[256];
	request_fail(r, cause_exit(cause), "%s", cause_text(cause, what, text, sizeof(text)));
}

// The table's id of the command's words, COMMAND_COUNT: none.
static enum command_id request_command(const json_t *json)
{
	const char *words = json_string_value(json_object_get(json, "command"));
	for (unsigned i = 0; words != NULL && i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].words, words) == 0)
			return i;
	return COMMAND_COUNT;
}

static struct request *request_new(
	struct requests *rs, struct ops_client *c, json_t *json, enum command_id id)
{
	struct request *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->among = rs;
	r->ops = rs->handlers.ops;
	r->client = c;
	r->command = id;
	r->json = json;
	r->next = rs->open;
	rs->open = r;
	size_t i;
	json_t *arg;
	json_array_foreach(json_object_get(json, "args"), i, arg)
	{
		if (i < REQUEST_ARGS_MAX && json_is_string(arg))
			r->args[r->arg_count++] = json_string_value(arg);
	}
	return r;
}

// The name of an option that the command does not have, or whose value is no text; NULL: none.
static const char *request_stray_option(const struct request *r)
{
	const char *name;
	json_t *value;
	json_object_foreach(json_object_get(r->json, "options"), name, value)
	{
		const struct command_option *o = command_option(&commands[r->command], name);
		if (o == NULL || o->local || !json_is_string(value))
			return name;
	}
	return NULL;
}

static void request_start(
	struct requests *rs, struct ops_client *c, json_t *json, enum command_id id)
{
	const struct command *command = &commands[id];
	struct request *r = request_new(rs, c, json, id);
	if (r == NULL) {
		client_end(c, "out of memory", EXIT_FAILED, NULL);
		json_decref(json);
		return;
	}
	char usage[COMMAND_USAGE_MAX];
	const char *stray = request_stray_option(r);
	size_t args = json_array_size(json_object_get(json, "args"));
	if (stray != NULL)
		request_fail(r, EXIT_USAGE, "%s has no option --%s", command->words, stray);
	else if (args != r->arg_count || args < command->args_min || args > command->args_max)
		request_fail(r, EXIT_USAGE, "usage: %s", command_usage(command, usage));
	else
		rs->handlers.run[id](r);
}

static bool client_asks(const struct requests *rs, const struct ops_client *c)
{
	for (const struct request *r = rs->open; r != NULL; r = r->next)
		if (r->client == c)
			return true;
	return false;
}

// A connection carries one command: what comes behind it is not looked at.
static void on_line(struct ops_client *c, char *line, void *arg)
{
	json_error_t error;
	struct requests *rs = arg;
	if (client_asks(rs, c))
		return;
	json_t *json = json_loads(line, 0, &error);
	if (json == NULL) {
		client_end(c, "the request is not JSON", EXIT_USAGE, NULL);
		return;
	}
	enum command_id id = request_command(json);
	if (id == COMMAND_COUNT) {
		json_decref(json);
		client_end(c, "no such command", EXIT_USAGE, NULL);
		return;
	}
	request_start(rs, c, json, id);
}

static void request_orphan(struct request *r)
{
	r->client = NULL;
	if (r->page != NULL)
		request_free(r);
	else if (r->gone != NULL)
		r->gone(r);
}

static void on_gone(struct ops_client *c, void *arg)
{
	const struct requests *rs = arg;
	struct request *next;
	for (struct request *r = rs->open; r != NULL; r = next) {
		next = r->next;
		if (r->client == c)
			request_orphan(r);
	}
}

int requests_start(const char *socket_path, const struct request_handlers *handlers,
	struct requests **out, char error[512])
{
	struct requests *rs = calloc(1, sizeof(*rs));
	if (rs == NULL) {
		str_copy(error, 512, "out of memory");
		return -ENOMEM;
	}
	rs->handlers = *handlers;
	const struct ops_socket_handlers h = {
		.timers = handlers->timers, .line = on_line, .gone = on_gone, .arg = rs};
	int err = ops_socket_start(socket_path, &h, &rs->socket, error);
	if (err) {
		free(rs);
		return err;
	}
	*out = rs;
	return 0;
}

void requests_stop(struct requests *rs)
{
	struct request *next;
	ops_socket_stop(rs->socket);
	for (struct request *r = rs->open; r != NULL; r = next) {
		next = r->next;
		request_orphan(r);
	}
	while (rs->open != NULL) // whoever works for them has ended before
		request_free(rs->open);
	free(rs);
}

int requests_fd(const struct requests *rs)
{
	return ops_socket_fd(rs->socket);
}
