// Completion for bash: words from the tables, names from the running daemon.
#include "control/ringctl/completion.h"

#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/contract/command.h"
#include "control/ringctl/args.h"
#include "engine/base/str.h"

#define ASK(kind) "_ringctl_names " kind
#define FILES	  "compgen -f -- \"$cur\""
#define SAY	  "printf '%s\\n' "
#define WORDS_MAX (64 + sizeof(SAY))

// What stands in the place of an argument or a value, and the shell's command that prints the
// candidates, one a line; `id`: only of this command, COMMAND_ALL: of all others; `flags`: of those
// that have them. Words with '|' between them need no line.
static const struct {
	const char *what, *candidates;
	enum command_id id;
	unsigned flags;
} sources[] = {
	{"CALL", ASK("live"), COMMAND_ALL, COMMAND_ACT},
	{"CALL", ASK("recordings"), COMMAND_RECORDINGS_SHOW},
	{"CALL", ASK("recordings"), COMMAND_RECORDINGS_CHECK},
	{"CALL", ASK("calls"), COMMAND_ALL},
	{"TENANT", ASK("tenants"), COMMAND_ALL},
	{"QUEUE", ASK("queues"), COMMAND_ALL},
	{"AGENT", ASK("agents"), COMMAND_ALL},
	{"TRUNK", ASK("trunks"), COMMAND_ALL},
	{"CONFERENCE", ASK("conferences"), COMMAND_ALL},
	{"SESSION", ASK("sessions"), COMMAND_ALL},
	{"ACCOUNT|ADDRESS", ASK("lockouts"), COMMAND_ALL},
	{"WHY", ASK("whys"), COMMAND_ALL},
	{"TOPIC", ASK("topics"), COMMAND_ALL},
	{"LEVEL", SAY "error warn info debug", COMMAND_ALL},
	{"bash", SAY "bash", COMMAND_ALL},
	{"PAGE", SAY "ringctl ringhall cli.md", COMMAND_ALL},
	{"NAME", "ringctl schema", COMMAND_SCHEMA},
	{"FILE", FILES, COMMAND_ALL},
	{"TYPE",
		SAY
#define X(name, number, text, ...) text " "
			EVENT_TYPES(X)
#undef X
				,
		COMMAND_ALL},
};

static bool source_fits(enum command_id id, size_t source)
{
	unsigned flags = sources[source].flags;
	if (flags != 0 && (id == COMMAND_ALL || (commands[id].flags & flags) == 0))
		return false;
	return sources[source].id == id || sources[source].id == COMMAND_ALL;
}

// The candidates of "CALL", "[CALL]", "on|off"; NULL: nobody knows any.
static const char *source_of(
	enum command_id id, const char *what, size_t len, char words[WORDS_MAX])
{
	if (len > 2 && what[0] == '[') {
		what++;
		len -= 2;
	}
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (source_fits(id, i) && strlen(sources[i].what) == len &&
			strncmp(sources[i].what, what, len) == 0)
			return sources[i].candidates;
	char *list = words + strlen(SAY);
	(void)str_copy(words, WORDS_MAX, SAY);
	if (str_copy_n(list, WORDS_MAX - strlen(SAY), what, len) != 0 || strchr(list, '|') == NULL)
		return NULL;
	for (char *c = list; *c != '\0'; c++)
		if (*c == '|')
			*c = ' ';
	return words;
}

static void completion_head(FILE *out)
{
	fputs("# bash completion for ringctl; printed by `ringctl completion bash`.\n"
	      "_ringctl_names()\n{\n"
	      "\tringctl \"${_ringctl_socket[@]}\" names \"$1\" \"$cur\" 2>/dev/null\n}\n\n"
	      "# Of the lines those that go on with what is typed, as the shell would have them\n"
	      "# written: names of others, and of files, may hold what it would run. (compgen -W\n"
	      "# runs it at once.)\n"
	      "_ringctl_offer()\n{\n"
	      "\tlocal name quoted\n"
	      "\tCOMPREPLY=()\n"
	      "\twhile IFS= read -r name; do\n"
	      "\t\tprintf -v quoted %q \"$name\"\n"
	      "\t\t[[ -n $name && ($name == \"$cur\"* || $quoted == \"$cur\"*) ]] &&\n"
	      "\t\t\tCOMPREPLY+=(\"$quoted\")\n"
	      "\tdone\n}\n\n"
	      "_ringctl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal words=() options i candidates= _ringctl_socket=() IFS=$' \\t\\n'\n"
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
	      "\t\t_ringctl_offer < <(" FILES ")\n\t\treturn ;;\n",
		out);
	for (size_t i = 0; i < command_option_count; i++) {
		const struct command_option *o = &command_options[i];
		char words[WORDS_MAX];
		const char *source =
			o->value ? source_of(COMMAND_ALL, o->value, strlen(o->value), words) : NULL;
		if (o->value == NULL || o->local)
			continue;
		fprintf(out, "\t--%s)\n\t\t_ringctl_offer < <(%s)\n\t\treturn ;;\n", o->name,
			source ? source : ":");
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
		if (command_is_hidden(i))
			continue;
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
	fputs("\t'' | help) candidates='", out);
	completion_words(out, "");
	fputs("' ;;\n", out);
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		size_t n = strcspn(commands[i].words, " ");
		if (commands[i].words[n] == '\0' || strncmp(commands[i].words, group, n + 1) == 0)
			continue;
		memcpy(group, commands[i].words, n);
		group[n] = '\0';
		fprintf(out, "\t'%s' | 'help %s') candidates='", group, group);
		completion_words(out, group);
		fputs("' ;;\n", out);
		group[n] = ' '; // "calls " does not begin "calls-…"
		group[n + 1] = '\0';
	}
}

// By how many words were typed: behind the command's own its first argument, and so on.
static void completion_arguments(FILE *out)
{
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		const char *at = commands[i].args, *behind = "'";
		unsigned typed = strchr(commands[i].words, ' ') ? 2 : 1;
		for (; *at != '\0' && !command_is_hidden(i); typed++) {
			char words[WORDS_MAX];
			size_t n = strcspn(at, " ");
			const char *source = source_of(i, at, n, words);
			if (source != NULL)
				fprintf(out,
					"\t'%u %s%s)\n\t\t_ringctl_offer < <(%s)\n\t\treturn ;;\n",
					typed, commands[i].words, behind, source);
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
	fputs("\tif [[ $cur == -* ]]; then\n"
	      "\t\t_ringctl_offer < <(" SAY "$options)\n\t\treturn\n\tfi\n"
	      "\tcase \"${words[*]}\" in\n",
		out);
	completion_groups(out);
	fputs("\tesac\n"
	      "\tcase \"${#words[@]} ${words[*]}\" in\n",
		out);
	completion_arguments(out);
	fputs("\tesac\n"
	      "\t_ringctl_offer < <(" SAY "$candidates)\n}\n"
	      "complete -F _ringctl ringctl\n",
		out);
}
