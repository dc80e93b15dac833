// ringctl: the operator's command line. Asks the daemon, prints what it answers.
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/ops/request.h"
#include "control/ops/ringctl_args.h"
#include "control/ops/ringctl_client.h"
#include "control/ops/ringctl_events.h"
#include "control/ops/ringctl_help.h"
#include "control/ops/ringctl_show.h"
#include "control/ops/ringctl_table.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define SOCKET_DEFAULT "/run/ringhall/ringctl.sock"

struct ringctl {
	struct output o;
	struct args args;
	struct client_question q;
	json_t *rows;
};

static unsigned terminal_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void output_init(struct output *o, int colour)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	setlocale(LC_CTYPE, "");
	*o = (struct output){.file = stdout, .terminal = isatty(STDOUT_FILENO)};
	o->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!o->utf8) // widths are still those of the UTF-8 that the daemon sends
		setlocale(LC_CTYPE, "C.UTF-8");
	o->width = o->terminal ? terminal_width() : 0;
	o->now_s = (int64_t)(clock_wall_ns() / NS_PER_S);
	o->colour = o->terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
		strcmp(term, "dumb") != 0;
	if (colour >= 0)
		o->colour = colour;
}

static int fail(int code, const char *error)
{
	fprintf(stderr, "ringctl: %s\n", error);
	return code;
}

static void print_json(const struct ringctl *r, const json_t *json)
{
	size_t form = r->o.terminal ? JSON_INDENT(2) : JSON_COMPACT;
	json_dumpf(json, r->o.file, form | JSON_REAL_PRECISION(10));
	fputc('\n', r->o.file);
}

static bool on_row(const json_t *row, void *arg)
{
	struct ringctl *r = arg;
	return json_array_append(r->rows, (json_t *)row) == 0;
}

static bool on_stream_row(const json_t *row, void *arg)
{
	struct ringctl *r = arg;
	if (!r->args.json) {
		events_print(&r->o, row);
	} else {
		json_dumpf(row, r->o.file, JSON_COMPACT | JSON_REAL_PRECISION(10));
		fputc('\n', r->o.file);
		fflush(r->o.file);
	}
	return !ferror(r->o.file);
}

static void print_table(const struct ringctl *r)
{
	enum command_id id = (enum command_id)(r->args.command - commands);
	const char *section = json_object_get(r->args.options, "history") ? "history" : NULL;
	if (json_array_size(r->rows) == 0)
		fprintf(r->o.file, "%s\n", columns_empty(id));
	else
		table_print(&r->o, id, section, r->rows, 0);
}

static int print_one(const struct ringctl *r)
{
	const json_t *row = json_array_get(r->rows, 0);
	char done[1024];
	if (json_array_size(r->rows) > 1)
		return fail(EXIT_USAGE, "more than one begins so: give more of it");
	if (r->args.json) {
		print_json(r, row);
	} else if (r->args.command->flags & COMMAND_ACT) {
		const char *text = json_string_value(json_object_get(row, "done"));
		text_clean(done, sizeof(done), text ? text : "done");
		fprintf(r->o.file, "%s\n", done);
	} else {
		show_print(&r->o, (enum command_id)(r->args.command - commands), row);
	}
	return EXIT_DONE;
}

static int run_stream(struct ringctl *r)
{
	char error[CLIENT_ERROR_MAX];
	client_catch();
	int code = client_ask(&r->q, on_stream_row, r, error);
	return code == EXIT_DONE ? code : fail(code, error);
}

static int run_daemon_command(struct ringctl *r)
{
	char error[CLIENT_ERROR_MAX];
	if (r->args.command->flags & COMMAND_STREAM)
		return run_stream(r);
	int code = client_ask(&r->q, on_row, r, error);
	if (code != EXIT_DONE)
		return fail(code, error);
	if (r->args.command->flags & (COMMAND_ONE | COMMAND_ACT))
		return print_one(r);
	if (r->args.json)
		print_json(r, r->rows);
	else
		print_table(r);
	return EXIT_DONE;
}

static int run_help(const struct ringctl *r)
{
	size_t used;
	if (r->args.arg_count == 0) {
		help_all(&r->o);
		return EXIT_DONE;
	}
	const struct command *c = command_find(r->args.args, r->args.arg_count, &used);
	if (c == NULL)
		return fail(EXIT_USAGE, "no such command; `ringctl help` lists all");
	help_command(&r->o, c);
	return EXIT_DONE;
}

static int run_local_command(struct ringctl *r)
{
	switch ((enum command_id)(r->args.command - commands)) {
	case COMMAND_HELP:
		return run_help(r);
	default:
		return fail(EXIT_FAILED, "not in this build");
	}
}

static void question_init(struct ringctl *r)
{
	const char *environment = getenv("RINGHALL_SOCKET");
	r->q = (struct client_question){.command = r->args.command, .options = r->args.options};
	r->q.socket = environment && environment[0] ? environment : SOCKET_DEFAULT;
	if (r->args.socket != NULL)
		r->q.socket = r->args.socket;
	r->q.arg_count = r->args.arg_count;
	memcpy(r->q.args, r->args.args, sizeof(r->q.args));
}

static int run(struct ringctl *r)
{
	if (r->args.version) {
		fprintf(r->o.file, "ringctl %s\n", RINGHALL_VERSION);
		return EXIT_DONE;
	}
	if (r->args.command == NULL && !r->args.help) {
		help_all(&r->o);
		return EXIT_USAGE;
	}
	if (r->args.help) {
		if (r->args.command != NULL)
			help_command(&r->o, r->args.command);
		else
			help_all(&r->o);
		return EXIT_DONE;
	}
	if (r->args.command >= &commands[COMMAND_COUNT])
		return run_local_command(r);
	return run_daemon_command(r);
}

int main(int argc, char **argv)
{
	char error[ARGS_ERROR_MAX];
	struct ringctl r = {.rows = json_array()};
	if (!args_parse(&r.args, argc, argv, error))
		return fail(EXIT_USAGE, error);
	output_init(&r.o, r.args.colour);
	question_init(&r);
	int code = run(&r);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_DONE)
		code = fail(EXIT_FAILED, "cannot write the output");
	args_fini(&r.args);
	json_decref(r.rows);
	return code;
}
