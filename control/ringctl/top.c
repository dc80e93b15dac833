// The loop of `ringctl top`: ask, draw, wait for a key or the next second.
#include "control/ringctl/top.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/contract/wire.h"
#include "control/ringctl/terminal.h"
#include "control/ringctl/print/view.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define REFRESH_MS 1000
#define SHARE	   10	// of the time at most one part in so many is spent on asking
#define CALLS_MAX  1000 // more are counted, not listed

struct top {
	const struct output *o;
	const char *socket;
	struct view view;
	unsigned page;	     // lines that a page key moves
	json_t *calls_shown; // options
	struct client_catch caught;
	bool quit;
};

static bool on_row(const json_t *row, void *arg)
{
	return json_array_append(arg, (json_t *)row) == 0;
}

// The rows of a command in place of *rows; false: the daemon did not answer.
static bool top_ask(struct top *t, enum command_id command, json_t **rows)
{
	struct client_question q = {.socket = t->socket,
		.command = &commands[command],
		.options = command == COMMAND_CALLS_LIST ? t->calls_shown : NULL,
		.caught = &t->caught};
	char error[CLIENT_ERROR_MAX];
	json_t *answer = json_array();
	if (client_ask(&q, on_row, answer, error) != EXIT_DONE) {
		str_copy(t->view.error, sizeof(t->view.error), error);
		json_decref(answer);
		return false;
	}
	json_decref(*rows);
	*rows = answer;
	return true;
}

// What cannot be had leaves the last figures on the screen, under the reason.
static void top_fetch(struct top *t)
{
	struct view *v = &t->view;
	json_t *status = NULL;
	v->error[0] = '\0';
	if (!top_ask(t, COMMAND_STATUS, &status))
		return;
	json_decref(v->status);
	v->status = json_incref(json_array_get(status, 0));
	json_decref(status);
	if (top_ask(t, COMMAND_QUEUES_LIST, &v->queues) &&
		top_ask(t, COMMAND_AGENTS_LIST, &v->agents) &&
		top_ask(t, COMMAND_CALLS_LIST, &v->calls))
		top_ask(t, COMMAND_WORKERS, &v->workers);
	v->calls_cut = json_array_size(v->calls) >= CALLS_MAX;
	view_sort(v);
}

static void top_draw(struct top *t)
{
	char *text = NULL;
	size_t len;
	struct terminal_size size = terminal_size();
	struct output o = *t->o;
	o.file = open_memstream(&text, &len);
	if (o.file == NULL)
		return;
	o.width = size.columns;
	o.now_s = (int64_t)(clock_wall_ns() / NS_PER_S);
	t->page = size.lines > 6 ? size.lines - 6 : 1;
	view_draw(&t->view, &o, size.lines);
	fclose(o.file);
	terminal_write(text, len);
	free(text);
}

static void top_key(struct top *t, enum terminal_key key)
{
	struct view *v = &t->view;
	switch (key) {
	case KEY_UP:
		view_scroll(v, -1);
		break;
	case KEY_DOWN:
		view_scroll(v, 1);
		break;
	case KEY_PAGE_UP:
		view_scroll(v, -(int)t->page);
		break;
	case KEY_PAGE_DOWN:
		view_scroll(v, (int)t->page);
		break;
	case KEY_HOME:
		v->top = 0;
		break;
	case KEY_END:
		v->top = v->lines;
		break;
	case KEY_SORT:
		v->sort = (v->sort + 1) % VIEW_SORTS;
		view_sort(v);
		break;
	case KEY_QUIT:
		t->quit = true;
		break;
	default:
		break;
	}
}

// Waits until a key is hit, the window changes its size, or the time is over.
static void top_wait(struct top *t, int ms)
{
	char typed[64];
	struct pollfd fd = {STDIN_FILENO, POLLIN};
	if (client_poll(&t->caught, &fd, 1, ms) <= 0)
		return;
	ssize_t len = read(STDIN_FILENO, typed, sizeof(typed));
	if (len <= 0) { // the terminal is gone
		t->quit = true;
		return;
	}
	size_t used = 0, took;
	enum terminal_key key;
	while ((key = terminal_key(typed + used, (size_t)len - used, &took)) != KEY_NONE) {
		top_key(t, key);
		used += took;
	}
}

static void top_loop(struct top *t)
{
	uint64_t next_ms = 0;
	while (!t->quit && !client_caught()) {
		uint64_t now_ms = clock_mono_ns() / NS_PER_MS;
		if (now_ms >= next_ms) {
			top_fetch(t);
			uint64_t took_ms = clock_mono_ns() / NS_PER_MS - now_ms;
			next_ms = now_ms +
				(took_ms * SHARE > REFRESH_MS ? took_ms * SHARE : REFRESH_MS);
		}
		top_draw(t);
		now_ms = clock_mono_ns() / NS_PER_MS;
		top_wait(t, now_ms < next_ms ? (int)(next_ms - now_ms) : 0);
	}
}

int top_run(const struct output *o, const char *socket, char error[CLIENT_ERROR_MAX])
{
	struct top t = {.o = o, .socket = socket};
	const char *why;
	t.view.queues = json_array();
	t.view.agents = json_array();
	t.view.calls = json_array();
	t.view.workers = json_array();
	t.calls_shown = json_pack("{s:o}", "limit", json_sprintf("%d", CALLS_MAX));
	client_catch(
		&t.caught); // first: no signal may end the program and leave the screen as it is
	bool opened = terminal_open(&why);
	if (opened) {
		top_loop(&t);
		terminal_close();
	} else {
		str_copy(error, CLIENT_ERROR_MAX, why);
	}
	json_decref(t.calls_shown);
	json_decref(t.view.status);
	json_decref(t.view.queues);
	json_decref(t.view.agents);
	json_decref(t.view.calls);
	json_decref(t.view.workers);
	return opened ? EXIT_DONE : EXIT_FAILED;
}
