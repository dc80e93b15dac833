// The table of commands.
#include "control/ops/command.h"

#include <string.h>

const struct command commands[COMMAND_COUNT] = {
#define X(id, words, args, help, least, most, options, flags) \
	[COMMAND_##id] = {words, args, help, least, most, options, flags},
	COMMANDS(X)
#undef X
};

// How many of the words the command's own words take; 0: it is another.
static size_t command_matches(const struct command *c, const char *const *words, size_t count)
{
	const char *at = c->words;
	size_t used = 0;
	while (*at != '\0') {
		size_t len = strcspn(at, " ");
		if (used == count || strlen(words[used]) != len ||
			strncmp(words[used], at, len) != 0)
			return 0;
		used++;
		at += len;
		at += *at == ' ';
	}
	return used;
}

const struct command *command_find(const char *const *words, size_t count, size_t *used)
{
	const struct command *best = NULL;
	*used = 0;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		size_t n = command_matches(&commands[i], words, count);
		if (n > *used) {
			*used = n;
			best = &commands[i];
		}
	}
	return best;
}
