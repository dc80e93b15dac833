// The command line, and what was probably meant where it is wrong.
#include "control/ringctl/args.h"

#include <string.h>

#include "control/base/near.h"
#include "engine/base/str.h"

#define WORDS_MAX	(CLIENT_ARGS_MAX + 2)
#define NAME_MAX_BYTES	64
#define SUGGESTIONS_MAX 3

const struct args_option args_options[] = {
	{"socket", "PATH", "the daemon's command socket"},
	{"json", NULL, "prints JSON: an array of a list's rows, an object a line of a stream"},
	{"csv", NULL, "prints a list as CSV (RFC 4180), with the names of JSON as its header"},
	{"color", NULL, "colours although the output is no terminal"},
	{"no-color", NULL, "no colours; so does a NO_COLOR in the environment"},
	{"help", NULL, "help for ringctl, or for the command"},
	{"version", NULL, "ringctl's own version; the command `version` asks the daemon"},
};
const size_t args_option_count = sizeof(args_options) / sizeof(args_options[0]);

struct words {
	const char *at[WORDS_MAX];
	size_t count;
};

static void suggest_one(struct str_buf *b, const char *known, unsigned *found)
{
	if (*found < SUGGESTIONS_MAX)
		str_buf_add(b, "%s`%s`", (*found)++ ? ", " : "; did you mean ", known);
}

// What is alike: commands, and where one word was typed the groups.
static void suggest(struct str_buf *b, const struct words *words)
{
	char typed[NAME_MAX_BYTES] = "", group[NAME_MAX_BYTES];
	struct str_buf t;
	unsigned found = 0;
	str_buf_init(&t, typed, sizeof(typed));
	for (size_t i = 0; i < words->count && i < 2; i++)
		str_buf_add(&t, "%s%s", i ? " " : "", words->at[i]);
	for (unsigned distance = 1; distance <= 3 && found == 0; distance++) {
		for (size_t i = 0; i < COMMAND_ALL; i++) {
			if (command_is_hidden(i))
				continue;
			const char *known = commands[i].words;
			bool first = strchr(known, ' ') == NULL;
			if (near_edits(first ? words->at[0] : typed, known) == distance)
				suggest_one(b, known, &found);
			if (words->count == 1 && command_begins_group(i, group) &&
				near_edits(typed, group) == distance)
				suggest_one(b, group, &found);
		}
	}
}

static const char *unknown(const struct words *words, char error[ARGS_ERROR_MAX])
{
	struct str_buf b;
	const char *group = words->at[0];
	str_buf_init(&b, error, ARGS_ERROR_MAX);
	str_buf_add(&b, "no command `");
	for (size_t i = 0; i < words->count && i < 2; i++)
		str_buf_add(&b, "%s%s", i ? " " : "", words->at[i]);
	str_buf_add(&b, "`");
	suggest(&b, words);
	if (command_is_group(group))
		str_buf_add(&b, "; `ringctl help %s` lists those of %s", group, group);
	else
		str_buf_add(&b, "; `ringctl help` lists all");
	return error;
}

const char *args_unknown(const char *const *at, size_t count, char error[ARGS_ERROR_MAX])
{
	struct words words = {.count = count < WORDS_MAX ? count : WORDS_MAX};
	memcpy(words.at, at, words.count * sizeof(*at));
	return unknown(&words, error);
}

static const struct args_option *own_option(const char *name)
{
	for (size_t i = 0; i < args_option_count; i++)
		if (strcmp(args_options[i].name, name) == 0)
			return &args_options[i];
	return NULL;
}

// What a name takes, whichever command it belongs to. False: nothing is called so.
static bool option_takes_value(const char *name, bool *takes)
{
	const struct args_option *own = own_option(name);
	if (own != NULL) {
		*takes = own->value != NULL;
		return true;
	}
	for (size_t i = 0; i < command_option_count; i++) {
		if (strcmp(command_options[i].name, name) == 0) {
			*takes = command_options[i].value != NULL;
			return true;
		}
	}
	return false;
}

static bool option_take(
	struct args *a, const char *name, const char *value, char error[ARGS_ERROR_MAX])
{
	if (strcmp(name, "socket") == 0)
		a->socket = value;
	else if (strcmp(name, "json") == 0)
		a->json = true;
	else if (strcmp(name, "csv") == 0)
		a->csv = true;
	else if (strcmp(name, "color") == 0)
		a->colour = 1;
	else if (strcmp(name, "no-color") == 0)
		a->colour = 0;
	else if (strcmp(name, "help") == 0)
		a->help = true;
	else if (strcmp(name, "version") == 0)
		a->version = true;
	else if (json_object_set_new(a->options, name, json_string(value ? value : "")) != 0) {
		str_format(error, ARGS_ERROR_MAX, "the value of --%s is not UTF-8", name);
		return false;
	}
	return true;
}

// "--limit", "5" or "--limit=5". Returns how many arguments it took, 0: wrong.
static int option_parse(struct args *a, int argc, char *const *argv, char error[ARGS_ERROR_MAX])
{
	char name[NAME_MAX_BYTES];
	const char *text = argv[0] + 2, *value = NULL;
	size_t len = strcspn(text, "=");
	bool takes;
	if (str_copy_n(name, sizeof(name), text, len) != 0 || !option_takes_value(name, &takes)) {
		str_format(
			error, ARGS_ERROR_MAX, "no option %s; `ringctl help` lists all", argv[0]);
		return 0;
	}
	if (text[len] == '=')
		value = text + len + 1;
	if (value != NULL && !takes) {
		str_format(error, ARGS_ERROR_MAX, "--%s takes no value", name);
		return 0;
	}
	if (value != NULL || !takes)
		return option_take(a, name, value, error) ? 1 : 0;
	if (argc < 2) {
		str_format(error, ARGS_ERROR_MAX, "--%s needs a value behind it", name);
		return 0;
	}
	return option_take(a, name, argv[1], error) ? 2 : 0;
}

static bool word_add(struct words *words, const char *word, char error[ARGS_ERROR_MAX])
{
	if (words->count == WORDS_MAX) {
		str_copy(error, ARGS_ERROR_MAX, "too many arguments");
		return false;
	}
	words->at[words->count++] = word;
	return true;
}

static bool split(struct args *a, struct words *words, int argc, char *const *argv,
	char error[ARGS_ERROR_MAX])
{
	bool options = true; // until "--"
	for (int i = 1; i < argc;) {
		int took = 1;
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && strcmp(argv[i], "-h") == 0)
			a->help = true;
		else if (options && argv[i][0] == '-' && argv[i][1] == '-')
			took = option_parse(a, argc - i, argv + i, error);
		else
			took = word_add(words, argv[i], error);
		if (took == 0)
			return false;
		i += took;
	}
	return true;
}

static bool fail_usage(const struct args *a, char error[ARGS_ERROR_MAX])
{
	char usage[COMMAND_USAGE_MAX];
	str_format(error, ARGS_ERROR_MAX, "usage: ringctl %s", command_usage(a->command, usage));
	return false;
}

// A list is what is no one thing, no deed, no stream, and the daemon's.
static bool fail_csv(const struct args *a, char error[ARGS_ERROR_MAX])
{
	const struct command *c = a->command;
	bool list = c == NULL || a->help ||
		(c < &commands[COMMAND_COUNT] &&
			!(c->flags & (COMMAND_ONE | COMMAND_ACT | COMMAND_STREAM)));
	if (a->csv && a->json)
		str_copy(error, ARGS_ERROR_MAX, "--csv or --json, not both");
	else if (a->csv && !list)
		str_format(error, ARGS_ERROR_MAX,
			"`%s` is no list: --csv is for lists, --json for all", c->words);
	else
		return false;
	return true;
}

static bool command_parse(struct args *a, const struct words *words, char error[ARGS_ERROR_MAX])
{
	size_t used;
	const char *name;
	json_t *value;
	if (words->count == 0)
		return true;
	a->command = command_find(words->at, words->count, &used);
	if (a->command == NULL && words->count == 1 && command_is_group(words->at[0])) {
		a->group = words->at[0];
		return true;
	}
	if (a->command == NULL) {
		unknown(words, error);
		return false;
	}
	for (size_t i = used; i < words->count; i++) {
		if (a->arg_count == CLIENT_ARGS_MAX)
			return fail_usage(a, error);
		a->args[a->arg_count++] = words->at[i];
	}
	json_object_foreach(a->options, name, value)
	{
		if (command_option(a->command, name) == NULL) {
			str_format(error, ARGS_ERROR_MAX,
				"`%s` has no option --%s; `ringctl help %s` shows those it has",
				a->command->words, name, a->command->words);
			return false;
		}
	}
	if (!a->help &&
		(a->arg_count < a->command->args_min || a->arg_count > a->command->args_max))
		return fail_usage(a, error);
	return true;
}

bool args_parse(struct args *a, int argc, char *const *argv, char error[ARGS_ERROR_MAX])
{
	struct words words = {.count = 0};
	*a = (struct args){.colour = -1, .options = json_object()};
	return split(a, &words, argc, argv, error) && command_parse(a, &words, error) &&
		!fail_csv(a, error);
}

void args_fini(struct args *a)
{
	json_decref(a->options);
}
