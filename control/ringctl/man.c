// The same words as the help on the terminal, set as manual page and as docs/cli.md.
#include "control/ringctl/man.h"

#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/contract/command.h"
#include "control/ringctl/args.h"
#include "control/ringctl/print/columns.h"
#include "control/ringctl/print/roff.h"
#include "engine/base/str.h"

static const char *const exits[] = {
	"done",
	"failed: the daemon is not running, or could not do it",
	"wrong usage: command, option or argument",
	"what was named does not exist",
};

static const char *const outputs[] = {
	"Text is aligned for people and cut to the width of a terminal; into a pipe it goes whole. "
	"Times are local. The number of a call may be given by its beginning.",
	"With --json a list is one array of objects, one thing is an object, and a stream is an "
	"object a line. A member has one type and one meaning wherever it stands, live or ended, "
	"in "
	"lists and in events: times are RFC 3339 in UTC, durations whole milliseconds (_ms), finer "
	"ones microseconds (_us), shares numbers (_percent). Every member is there; what is unset "
	"is "
	"null. `ringctl schema NAME` prints the JSON Schema, docs/schema has them all.",
	"With --csv a list goes as RFC 4180: the members' names as its header, values as in JSON, "
	"null as an empty field, texts of a list in one field with spaces between. A text that a "
	"spreadsheet would take for a formula (it begins with =, -, @, a tab, or with + unless "
	"only "
	"digits follow) gets a ' in front.",
};

static const struct {
	const char *line, *what;
} examples[] = {
	{"ringctl status", "how the node does"},
	{"ringctl calls list --queue service", "who is in progress in one queue"},
	{"ringctl --json calls list --history --limit 10 | jq .", "the last ten call records"},
	{"ringctl --csv calls list --history >calls.csv", "the same for a spreadsheet"},
	{"ringctl trace sip 18a5c3f2b1d4e6 --pcap call.pcap", "a call's SIP for Wireshark"},
	{"ringctl events follow --type call-ended", "each call as it ends"},
	{"ringctl recordings check", "whether every recording is what its ledger says"},
};

static void option_left(char out[COMMAND_USAGE_MAX], const char *name, const char *value)
{
	str_format(out, COMMAND_USAGE_MAX, "--%s%s%s", name, value ? " " : "", value ? value : "");
}

// --- ringctl(1) ---
static void man_options(FILE *out)
{
	char left[COMMAND_USAGE_MAX];
	roff_section(out, "OPTIONS");
	roff_text(out, "Options stand anywhere on the line; `--` ends them.");
	for (size_t i = 0; i < args_option_count; i++) {
		option_left(left, args_options[i].name, args_options[i].value);
		roff_item(out, left, args_options[i].help);
	}
}

static void man_command(FILE *out, const struct command *c)
{
	char left[COMMAND_USAGE_MAX];
	roff_item(out, command_usage(c, left), c->help);
	roff_in(out);
	for (size_t i = 0; i < command_option_count; i++) {
		const struct command_option *o = &command_options[i];
		if (command_option(c, o->name) == NULL)
			continue;
		option_left(left, o->name, o->value);
		roff_item(out, left, o->help);
	}
	roff_out(out);
}

static void man_rest(FILE *out)
{
	char left[16];
	roff_section(out, "OUTPUT");
	for (unsigned i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
		roff_text(out, outputs[i]);
	roff_section(out, "EXIT STATUS");
	for (unsigned i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		str_format(left, sizeof(left), "%u", i);
		roff_item(out, left, exits[i]);
	}
	roff_section(out, "ENVIRONMENT");
	roff_item(out, "RINGHALL_SOCKET", "the command socket where --socket does not name it");
	roff_item(out, "NO_COLOR", "if not empty: no colours");
	roff_section(out, "FILES");
	roff_item(out, "/run/ringhall/ringctl.sock",
		"the command socket unless control.socket of "
		"the configuration names another");
	roff_section(out, "EXAMPLES");
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		roff_item(out, examples[i].line, examples[i].what);
	roff_section(out, "SEE ALSO");
	roff_text(out, "ringhall(8)");
}

void man_ringctl(FILE *out)
{
	roff_title(out, "RINGCTL", 1);
	roff_section(out, "NAME");
	roff_text(out, "ringctl - asks and steers a running ringhall");
	roff_section(out, "SYNOPSIS");
	roff_text(out, "ringctl [OPTION...] COMMAND [ARGUMENT...] [--NAME VALUE...]");
	roff_section(out, "DESCRIPTION");
	roff_text(out,
		"ringctl sends one command to the daemon through its command socket and prints the "
		"answer. Whoever may write to the socket may do everything: its group decides.");
	man_options(out);
	roff_section(out, "COMMANDS");
	for (size_t i = 0; i < COMMAND_ALL; i++)
		if (!command_is_hidden(i))
			man_command(out, &commands[i]);
	roff_section(out, "EVENT TYPES");
	roff_text(out, "For events follow --type:");
#define X(name, number, text, ...) roff_text(out, text);
	EVENT_TYPES(X)
#undef X
	man_rest(out);
}

// --- docs/cli.md ---
static void markdown_options(FILE *out, const struct command *c)
{
	char left[COMMAND_USAGE_MAX];
	for (size_t i = 0; i < command_option_count; i++) {
		const struct command_option *o = &command_options[i];
		if (command_option(c, o->name) == NULL)
			continue;
		option_left(left, o->name, o->value);
		fprintf(out, "- `%s`: %s\n", left, o->help);
	}
}

static void markdown_columns(FILE *out, const struct command *c)
{
	const char *section = NULL;
	bool any = false;
	for (size_t i = 0; i < column_count; i++) {
		const struct column *column = &columns[i];
		if (&commands[column->command] != c)
			continue;
		if (!any || !str_equal(section, column->section))
			fprintf(out,
				"%sColumns%s%s, with their members in JSON: ", any ? ".\n\n" : "\n",
				column->section ? " of " : "",
				column->section ? column->section : "");
		else
			fputs(", ", out);
		any = true;
		section = column->section;
		fprintf(out, "%s `%s`", column->title, column->key);
	}
	fputs(any ? ".\n" : "", out);
}

void man_markdown(FILE *out)
{
	char usage[COMMAND_USAGE_MAX];
	fputs("# ringctl\n\n"
	      "Printed by `ringctl man cli.md` from the tables in `control/contract`; a test "
	      "compares.\n"
	      "`ringctl` asks a running `ringhall` through its command socket, a Unix socket of "
	      "the\ndaemon's user and group: `--socket PATH`, else `$RINGHALL_SOCKET`, else\n"
	      "`/run/ringhall/ringctl.sock`. The wire is JSON lines; `control/contract/wire.h` "
	      "describes it.\n\n## Options\n\n",
		out);
	for (size_t i = 0; i < args_option_count; i++) {
		option_left(usage, args_options[i].name, args_options[i].value);
		fprintf(out, "- `%s`: %s\n", usage, args_options[i].help);
	}
	fputs("\n## Output\n", out);
	for (unsigned i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
		fprintf(out, "\n%s\n", outputs[i]);
	fputs("\n## Exit codes\n\n", out);
	for (unsigned i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		fprintf(out, "- %u: %s\n", i, exits[i]);
	fputs("\n## Examples\n\n", out);
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		fprintf(out, "- `%s`: %s\n", examples[i].line, examples[i].what);
	fputs("\n## Commands\n", out);
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		const struct command *c = &commands[i];
		if (command_is_hidden(i))
			continue;
		fprintf(out, "\n### %s\n\n`ringctl %s`: %s.\n", c->words, command_usage(c, usage),
			c->help);
		if (c->options[0] != '\0')
			fputc('\n', out);
		markdown_options(out, c);
		markdown_columns(out, c);
	}
}
