// Help on the terminal.
#include "control/ringctl/help.h"

#include <string.h>

#include "control/ringctl/args.h"
#include "control/ringctl/print/columns.h"
#include "engine/base/str.h"

#define LEFT_MAX 34 // columns of what stands left of the explanations

// "  left   right", right on a line of its own where left is too wide.
static void help_line(const struct output *o, const char *left, const char *right)
{
	unsigned width = text_width(left);
	text_pad(o, 2);
	text_coloured(o, COLOUR_BOLD, left);
	if (width >= LEFT_MAX) {
		fputc('\n', o->file);
		text_pad(o, 2 + LEFT_MAX);
	} else {
		text_pad(o, LEFT_MAX - width);
	}
	fprintf(o->file, "%s\n", right);
}

static void help_own_options(const struct output *o)
{
	char left[COMMAND_USAGE_MAX];
	for (size_t i = 0; i < args_option_count; i++) {
		const struct args_option *a = &args_options[i];
		str_format(left, sizeof(left), "--%s%s%s", a->name, a->value ? " " : "",
			a->value ? a->value : "");
		help_line(o, left, a->help);
	}
}

static void help_words(const struct output *o, const struct command *c)
{
	char left[COMMAND_USAGE_MAX];
	str_format(left, sizeof(left), "%s%s%s", c->words, c->args[0] ? " " : "", c->args);
	help_line(o, left, c->help);
}

void help_group(const struct output *o, const char *group)
{
	fprintf(o->file, "usage: ringctl %s COMMAND [ARGUMENT…] [--NAME VALUE…]\n\nCommands:\n",
		group);
	for (unsigned i = 0; i < COMMAND_ALL; i++)
		if (command_in_group(i, group) && !command_is_hidden(i))
			help_words(o, &commands[i]);
	fprintf(o->file, "\n`ringctl help %s COMMAND` shows the options of one command.\n", group);
}

void help_all(const struct output *o)
{
	fputs("usage: ringctl [OPTION…] COMMAND [ARGUMENT…] [--NAME VALUE…]\n"
	      "Asks and steers a running ringhall through its command socket.\n\nCommands:\n",
		o->file);
	for (size_t i = 0; i < COMMAND_ALL; i++)
		if (!command_is_hidden(i))
			help_words(o, &commands[i]);
	fputs("\nOptions, anywhere on the line:\n", o->file);
	help_own_options(o);
	fputs("\n`ringctl help COMMAND` shows the options of one command, `ringctl help calls` "
	      "those\n"
	      "that begin so.\n"
	      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 what was named does not exist.\n",
		o->file);
}

static void help_columns(const struct output *o, const struct command *c)
{
	const char *section = NULL;
	bool any = false;
	for (size_t i = 0; i < column_count; i++) {
		if (&commands[columns[i].command] != c)
			continue;
		if (!any || !str_equal(section, columns[i].section))
			fprintf(o->file, "\nColumns%s%s, and what they show of a row in --json:\n",
				columns[i].section ? " of " : "",
				columns[i].section ? columns[i].section : "");
		any = true;
		section = columns[i].section;
		help_line(o, columns[i].title, columns[i].key);
	}
}

void help_command(const struct output *o, const struct command *c)
{
	char usage[COMMAND_USAGE_MAX];
	bool any = false;
	fprintf(o->file, "usage: ringctl %s\n%c%s.\n", command_usage(c, usage),
		c->help[0] - (c->help[0] >= 'a' && c->help[0] <= 'z' ? 'a' - 'A' : 0), c->help + 1);
	for (size_t i = 0; i < command_option_count; i++) {
		const struct command_option *option = &command_options[i];
		if (command_option(c, option->name) == NULL)
			continue;
		if (!any)
			fputs("\nOptions:\n", o->file);
		any = true;
		str_format(usage, sizeof(usage), "--%s%s%s", option->name, option->value ? " " : "",
			option->value ? option->value : "");
		help_line(o, usage, option->help);
	}
	help_columns(o, c);
}
