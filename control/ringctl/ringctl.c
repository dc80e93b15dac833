// ringctl: the operator's command line. Asks the daemon, prints what it answers.
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "control/contract/cause.h"
#include "control/contract/member.h"
#include "control/contract/wire.h"
#include "control/ringctl/args.h"
#include "control/ringctl/client.h"
#include "control/ringctl/completion.h"
#include "control/ringctl/print/csv.h"
#include "control/ringctl/events.h"
#include "control/ringctl/fetch.h"
#include "control/ringctl/help.h"
#include "control/ringctl/ladder.h"
#include "control/ringctl/man.h"
#include "control/ringctl/pcap.h"
#include "control/ringctl/recordings.h"
#include "control/ringctl/schema.h"
#include "control/ringctl/show.h"
#include "control/ringctl/print/table.h"
#include "control/ringctl/top.h"
#include "control/ringctl/when.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define SOCKET_DEFAULT "/run/ringhall/ringctl.sock"
#define NAMES_BOUND_US 700000
#define SAID_MAX       8192 // octets of a sentence

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
	char line[CLIENT_ERROR_MAX], clean[CLIENT_ERROR_MAX];
	const char *begin = "ringctl: ";
	do {
		size_t len = strcspn(error, "\n");
		str_copy_n(line, sizeof(line), error, len);
		text_clean(clean, sizeof(clean), line);
		fprintf(stderr, "%s%s\n", begin, clean);
		begin = "";
		error += len + (error[len] == '\n');
	} while (*error != '\0');
	return code;
}

static int fail_for(enum cause cause, const char *what)
{
	char text[256];
	return fail(cause_exit(cause), cause_text(cause, what, text, sizeof(text)));
}

static void print_json(const struct ringctl *r, const json_t *json)
{
	size_t form = r->o.terminal ? JSON_INDENT(2) : JSON_COMPACT;
	text_json(&r->o, json, form);
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
		text_json(&r->o, row, JSON_COMPACT);
		fflush(r->o.file);
	}
	return !ferror(r->o.file);
}

// For the shell's completion: nobody who types waits for a daemon that does not answer.
static int run_names(struct ringctl *r)
{
	char error[CLIENT_ERROR_MAX], name[512];
	size_t i;
	const json_t *row;
	const struct itimerval bound = {.it_value = {.tv_usec = NAMES_BOUND_US}};
	setitimer(ITIMER_REAL, &bound, NULL); // its signal ends the process
	int code = client_ask(&r->q, on_row, r, error);
	if (code != EXIT_DONE)
		return fail(code, error);
	json_array_foreach(r->rows, i, row)
	{
		const char *text = json_string_value(json_object_get(row, "name"));
		text_clean(name, sizeof(name), text ? text : "");
		fprintf(r->o.file, "%s\n", name);
	}
	return EXIT_DONE;
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

static void print_said(const struct ringctl *r)
{
	enum command_id id = (enum command_id)(r->args.command - commands);
	char text[SAID_MAX];
	size_t i;
	const json_t *row;
	if (json_array_size(r->rows) == 0)
		fprintf(r->o.file, "%s\n", columns_empty(id));
	json_array_foreach(r->rows, i, row)
	{
		text_clean(text, sizeof(text), member_text(row, "text"));
		fprintf(r->o.file, "%s\n", text);
	}
}

// For probes: the exit code, and one line for who reads it.
static int print_ready(const struct ringctl *r)
{
	const json_t *row = json_array_get(r->rows, 0);
	const char *why = json_string_value(json_object_get(row, "not_ready_why"));
	char text[CLIENT_ERROR_MAX];

	if (r->args.json)
		print_json(r, row);
	else if (why == NULL)
		fprintf(r->o.file, "ready\n");
	if (why == NULL)
		return EXIT_DONE;
	str_format(text, sizeof(text), "not ready: %s", why);
	return r->args.json ? EXIT_FAILED : fail(EXIT_FAILED, text);
}

static int print_one(const struct ringctl *r)
{
	const json_t *row = json_array_get(r->rows, 0);
	char done[1024];
	if (json_array_size(r->rows) > 1) // of those that have ended
		return fail_for(CAUSE_MANY_CALLS, r->args.arg_count > 0 ? r->args.args[0] : "");
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
	struct client_catch caught;
	client_catch(&caught);
	r->q.caught = &caught;
	int code = client_ask(&r->q, on_stream_row, r, error);
	return code == EXIT_DONE ? code : fail(code, error);
}

static int write_pcap(const struct ringctl *r, const struct sip_message *messages, size_t count)
{
	char text[512];
	const char *name = json_string_value(json_object_get(r->args.options, "pcap"));
	FILE *file = strcmp(name, "-") == 0 ? r->o.file : fopen(name, "wb");
	size_t written = file ? pcap_write(file, messages, count) : 0;
	bool bad = file == NULL || ferror(file) != 0;
	if (file == r->o.file)
		return EXIT_DONE;
	bad |= file != NULL && fclose(file) != 0;
	if (bad) {
		str_format(text, sizeof(text), "cannot write %s: %s", name, strerror(errno));
		return fail(EXIT_FAILED, text);
	}
	fprintf(r->o.file, "%s written to %s\n", str_count(text, written, "message"), name);
	return EXIT_DONE;
}

static int print_trace(const struct ringctl *r)
{
	size_t count;
	int code = EXIT_DONE;
	struct sip_message *messages = sip_messages(r->rows, &count);
	if (messages == NULL)
		return fail_for(CAUSE_MEMORY, "");
	if (count == 0)
		code = fail(EXIT_MISSING, columns_empty(COMMAND_TRACE_SIP));
	else if (json_object_get(r->args.options, "pcap") != NULL)
		code = write_pcap(r, messages, count);
	else if (r->args.json)
		print_json(r, r->rows);
	else if (r->args.csv)
		csv_print(&r->o, shape_of_command(COMMAND_TRACE_SIP), r->rows);
	else
		ladder_print(&r->o, messages, count);
	sip_messages_free(messages, count);
	return code;
}

// Ended calls, of which each that was recorded must have its recording; NULL: one call was named.
static int ask_ended_calls(struct ringctl *r, json_t **calls)
{
	char error[CLIENT_ERROR_MAX];
	json_t *options = json_pack("{s:s,s:s}", "history", "", "limit", "10000");
	struct client_question q = {.socket = r->q.socket,
		.command = &commands[COMMAND_CALLS_LIST],
		.options = options};
	struct ringctl other = {.rows = json_array()};
	int code = client_ask(&q, on_row, &other, error);
	json_decref(options);
	*calls = other.rows;
	return code == EXIT_DONE ? code : fail(code, error);
}

static int print_check(struct ringctl *r)
{
	char sentence[256];
	json_t *calls = NULL;
	int code = EXIT_DONE;
	if (r->args.arg_count == 0 && json_object_get(r->args.options, "limit") == NULL)
		code = ask_ended_calls(r, &calls);
	if (code == EXIT_DONE) {
		json_t *verdicts = recordings_judge(r->rows, calls);
		struct recordings_sum sum = recordings_sum(verdicts);
		recordings_sentence(&sum, sentence);
		if (r->args.json)
			print_json(r, verdicts);
		else if (r->args.csv)
			csv_print(&r->o, shape_of_command(COMMAND_RECORDINGS_CHECK), verdicts);
		else if (json_array_size(verdicts) > 0)
			table_print(&r->o, COMMAND_RECORDINGS_CHECK, NULL, verdicts, 0);
		bool all = json_array_size(r->rows) < WIRE_ROWS_MAX;
		if (!r->args.json && !r->args.csv)
			fprintf(r->o.file, "%s%s\n", sentence,
				all ? "" : " (of the newest recordings; older ones exist)");
		code = sum.bad > 0 ? EXIT_FAILED : EXIT_DONE;
		json_decref(verdicts);
	}
	json_decref(calls);
	return code;
}

// Times are said in this zone and asked for in UTC. False: error says what is wrong.
static bool times_convert(struct ringctl *r, char error[CLIENT_ERROR_MAX])
{
	static const char *const names[] = {"since", "until"};
	char when[WHEN_MAX], why[256];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *said = json_object_get(r->args.options, names[i]);
		if (said == NULL)
			continue;
		if (!when_parse(json_string_value(said), (time_t)r->o.now_s, when, why)) {
			str_format(error, CLIENT_ERROR_MAX, "--%s: %s", names[i], why);
			return false;
		}
		json_object_set_new(r->args.options, names[i], json_string(when));
	}
	return true;
}

static int run_daemon_command(struct ringctl *r)
{
	char error[CLIENT_ERROR_MAX];
	if (!times_convert(r, error))
		return fail(EXIT_USAGE, error);
	enum command_id id = (enum command_id)(r->args.command - commands);
	if (r->args.command->flags & COMMAND_STREAM)
		return run_stream(r);
	if (id == COMMAND_NAMES && !r->args.json)
		return run_names(r);
	int code = client_ask(&r->q, on_row, r, error);
	if (code != EXIT_DONE)
		return fail(code, error);
	if (error[0] != '\0')
		fail(code, error); // a note, below the rows it would be lost
	if (id == COMMAND_TRACE_SIP)
		return print_trace(r);
	if (id == COMMAND_RECORDINGS_CHECK)
		return print_check(r);
	if (json_object_get(r->args.options, "ready") != NULL)
		return print_ready(r);
	if (r->args.command->flags & (COMMAND_ONE | COMMAND_ACT))
		return print_one(r);
	if (r->args.json)
		print_json(r, r->rows);
	else if (r->args.csv)
		csv_print(&r->o, shape_of_command(id), r->rows);
	else if (r->args.command->flags & COMMAND_SAYS)
		print_said(r);
	else
		print_table(r);
	return EXIT_DONE;
}

static int run_help(struct ringctl *r)
{
	size_t used;
	char error[ARGS_ERROR_MAX];
	if (r->args.arg_count == 0) {
		help_all(&r->o);
		return EXIT_DONE;
	}
	const struct command *c = command_find(r->args.args, r->args.arg_count, &used);
	if (c != NULL)
		help_command(&r->o, c);
	else if (r->args.arg_count == 1 && command_is_group(r->args.args[0]))
		help_group(&r->o, r->args.args[0]);
	else
		return fail(EXIT_USAGE, args_unknown(r->args.args, r->args.arg_count, error));
	return EXIT_DONE;
}

static int run_man(struct ringctl *r)
{
	const char *page = r->args.args[0];
	if (strcmp(page, "ringctl") == 0)
		man_ringctl(r->o.file);
	else if (strcmp(page, "ringhall") == 0)
		man_ringhall(r->o.file);
	else if (strcmp(page, "cli.md") == 0)
		man_markdown(r->o.file);
	else if (strcmp(page, "figures.md") == 0)
		man_figures(r->o.file);
	else
		return fail(EXIT_USAGE, "pages are ringctl, ringhall, cli.md and figures.md");
	return EXIT_DONE;
}

static int run_schema(struct ringctl *r)
{
	if (r->args.arg_count == 0)
		schema_names(r->o.file);
	else if (!schema_print(r->o.file, r->args.args[0]))
		return fail(EXIT_USAGE, "no such schema; `ringctl schema` lists all");
	return EXIT_DONE;
}

static int run_fetch(struct ringctl *r)
{
	char error[CLIENT_ERROR_MAX], sentence[512];
	int file;
	struct client_question q = {.socket = r->q.socket,
		.command = &commands[COMMAND_RECORDINGS_OPEN],
		.args = {r->args.args[0]},
		.arg_count = 1,
		.file = &file};
	struct fetch f = {.force = json_object_get(r->args.options, "force") != NULL};
	if (r->args.arg_count > 1)
		f.to = r->args.args[1];
	if (f.to == NULL && r->o.terminal)
		return fail(EXIT_USAGE, "a recording is nothing to read: name a file for it");
	if (fetch_place(&f, sentence) != 0)
		return fail(EXIT_FAILED, sentence);
	int code = client_ask(&q, on_row, r, error);
	if (code != EXIT_DONE)
		return fail(code, error);
	code = fetch_recording(json_array_get(r->rows, 0), file, &f, sentence);
	if (file >= 0)
		close(file);
	if (code != 0 || f.to == NULL)
		return fail(code ? EXIT_FAILED : EXIT_DONE, sentence);
	fprintf(r->o.file, "%s\n", sentence);
	return EXIT_DONE;
}

static int run_top(struct ringctl *r)
{
	char error[CLIENT_ERROR_MAX];
	int code = top_run(&r->o, r->q.socket, error);
	return code == EXIT_DONE ? code : fail(code, error);
}

static int run_completion(struct ringctl *r)
{
	if (strcmp(r->args.args[0], "bash") != 0)
		return fail(EXIT_USAGE, "there is a completion for bash only");
	completion_bash(r->o.file);
	return EXIT_DONE;
}

static int run_local_command(struct ringctl *r)
{
	static int (*const runs[COMMAND_ALL])(struct ringctl * r) = {
#define X(id, words, args, help, least, most, options, flags, run) [COMMAND_##id] = run_##run,
		LOCAL_COMMANDS(X)
#undef X
	};
	return runs[r->args.command - commands](r);
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
	if (r->args.group != NULL) {
		help_group(&r->o, r->args.group);
		return r->args.help ? EXIT_DONE : EXIT_USAGE;
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
	bool parsed = args_parse(&r.args, argc, argv, error);
	output_init(&r.o, r.args.colour);
	question_init(&r);
	int code = parsed ? run(&r) : fail(EXIT_USAGE, error);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_DONE)
		code = fail(EXIT_FAILED, "cannot write the output");
	args_fini(&r.args);
	json_decref(r.rows);
	return code;
}
