// Completion for bash: words from the tables, names from the running daemon.
#include "control/ops/ringctl_completion.h"

#include <string.h>

#include "control/base/eventlog.h"
#include "control/ops/command.h"
#include "control/ops/ringctl_args.h"

// What stands in the place of an argument or a value, and what prints the candidates.
static const struct {
	const char *what, *candidates;
} sources[] = {
	{"CALL", "$(_ringctl_names calls)"},
	{"[CALL]", "$(_ringctl_names calls)"},
	{"QUEUE", "$(_ringctl_names queues)"},
	{"AGENT", "$(_ringctl_names agents)"},
	{"TRUNK", "$(_ringctl_names trunks)"},
	{"SESSION", "$(_ringctl_names sessions)"},
	{"ready|away", "ready away"},
	{"LEVEL", "error warn info debug"},
	{"bash", "bash"},
	{"PAGE", "ringctl ringhall cli.md"},
	{"TYPE",
#define X(name, number, text) text " "
		EVENT_TYPES(X)
#undef X
	},
};

static const char *source_of(const char *what, size_t len)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strlen(sources[i].what) == len && strncmp(sources[i].what, what, len) == 0)
			return sources[i].candidates;
	return NULL;
}

static void completion_head(FILE *out)
{
	fputs("# bash completion for ringctl; printed by `ringctl completion bash`.\n"
	      "_ringctl_names()\n{\n"
	      "\tringctl \"${_ringctl_socket[@]}\" \"$1\" list 2>/dev/null |\n"
	      "\t\tawk 'NR > 1 { print $1 }'\n}\n\n"
	      "_ringctl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal words=() options i candidates= _ringctl_socket=()\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t--socket) _ringctl_socket=(--socket \"${COMP_WORDS[++i]}\") ;;\n\t\t",
		out);
	const char *between = "";
	for (size_t i = 0; i < command_option_count; i++) {
		if (command_options[i].value == NULL)
			continue;
		fprintf(out, "%s--%s", between, command_options[i].name);
		between = " | ";
	}
	fputs(") ((i++)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) words+=(\"${COMP_WORDS[i]}\") ;;\n"
	      "\t\tesac\n\tdone\n",
		out);
}

// Behind an option that takes a value.
static void completion_values(FILE *out)
{
	fputs("\tcase $prev in\n"
	      "\t--socket | --pcap)\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn ;;\n",
		out);
	for (size_t i = 0; i < command_option_count; i++) {
		const struct command_option *o = &command_options[i];
		const char *source = o->value ? source_of(o->value, strlen(o->value)) : NULL;
		if (o->value == NULL || o->local)
			continue;
		fprintf(out,
			"\t--%s)\n\t\tCOMPREPLY=($(compgen -W \"%s\" -- \"$cur\"))\n\t\treturn "
			";;\n",
			o->name, source ? source : "");
	}
	fputs("\tesac\n", out);
}

static void completion_options(FILE *out)
{
	fputs("\toptions='", out);
	for (size_t i = 0; i < args_option_count; i++)
		fprintf(out, "%s--%s", i ? " " : "", args_options[i].name);
	fputs("'\n\tcase \"${words[0]} ${words[1]}\" in\n", out);
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		const struct command *c = &commands[i];
		if (c->options[0] == '\0')
			continue;
		fprintf(out, "\t'%s%s) options+='", c->words, strchr(c->words, ' ') ? "'" : " '*");
		for (size_t k = 0; k < command_option_count; k++)
			if (command_option(c, command_options[k].name) != NULL)
				fprintf(out, " --%s", command_options[k].name);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n", out);
}

// The words that may follow `prefix` as a command's first or second word.
static void completion_words(FILE *out, const char *prefix)
{
	size_t len = strlen(prefix);
	const char *last = "";
	size_t last_len = 0;
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		const char *word = commands[i].words;
		if (len > 0 && (strncmp(word, prefix, len) != 0 || word[len] != ' '))
			continue;
		word += len > 0 ? len + 1 : 0;
		size_t n = strcspn(word, " ");
		if (n == last_len && strncmp(word, last, n) == 0)
			continue;
		fprintf(out, " %.*s", (int)n, word);
		last = word;
		last_len = n;
	}
}

static void completion_groups(FILE *out)
{
	char group[64] = "";
	fputs("\t'') candidates='", out);
	completion_words(out, "");
	fputs("' ;;\n", out);
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		size_t n = strcspn(commands[i].words, " ");
		if (commands[i].words[n] == '\0' || strncmp(commands[i].words, group, n + 1) == 0)
			continue;
		memcpy(group, commands[i].words, n);
		group[n] = '\0';
		fprintf(out, "\t'%s') candidates='", group);
		completion_words(out, group);
		fputs("' ;;\n", out);
		group[n] = ' '; // "calls " does not begin "calls-…"
		group[n + 1] = '\0';
	}
}

static void completion_arguments(FILE *out)
{
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		const char *at = commands[i].args, *behind = "'";
		while (*at != '\0') {
			size_t n = strcspn(at, " ");
			const char *source = source_of(at, n);
			if (source != NULL)
				fprintf(out, "\t'%s%s) candidates=\"%s\" ;;\n", commands[i].words,
					behind, source);
			behind = " '*"; // an argument was typed already
			at += n;
			at += *at == ' ';
		}
	}
}

void completion_bash(FILE *out)
{
	completion_head(out);
	completion_values(out);
	completion_options(out);
	fputs("\tcase \"${words[*]}\" in\n", out);
	completion_groups(out);
	completion_arguments(out);
	fputs("\tesac\n"
	      "\t[[ $cur == -* ]] && candidates=$options\n"
	      "\tCOMPREPLY=($(compgen -W \"$candidates\" -- \"$cur\"))\n}\n"
	      "complete -F _ringctl ringctl\n",
		out);
}
