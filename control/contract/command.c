// The tables of commands and of their options.
#include "control/contract/command.h"

#include <string.h>

#include "engine/base/str.h"

const struct command commands[COMMAND_ALL] = {
#define X(id, words, args, help, least, most, options, flags, ...) \
	[COMMAND_##id] = {words, args, help, least, most, options, flags},
	COMMANDS(X) LOCAL_COMMANDS(X)
#undef X
};

const struct command_option command_options[] = {
	{"history", NULL, "ended calls, from the records, newest first"},
	{"since", "TIME",
		"only what began then or later: 2026-11-29, \"2026-11-29 14:30\", today, 2h"},
	{"until", "TIME", "only what began before that"},
	{"tenant", "TENANT", "only what belongs to this tenant"},
	{"queue", "QUEUE", "only what went through this queue"},
	{"trunk", "TRUNK",
		"only what came or went by this trunk; of originate: the one to call by"},
	{"agent", "AGENT", "only what this agent had"},
	{"party", "NUMBER", "only calls whose caller or called number begins so"},
	{"why", "WHY", "only calls that ended so, e.g. caller-hangup; with --history"},
	{"to", "NUMBER", "who is called"},
	{"from", "NUMBER", "who calls: one of the tenant's numbers; else the trunk's caller"},
	{"connect", "flow|queue|agent", "what NAME is"},
	{"by", "queue|agent|called|tenant|node|region|site|shift|team|group",
		"a row for each of them; else queue"},
	{"every", "5m|15m|30m|day|whole",
		"a row for each interval of the node's clock, or for all in one; else day"},
	{"live", "5m|15m|30m|day", "the last interval, up to now; day: 24 hours"},
	{"within", "SECONDS", "the level of service, 1 to 3600; else 20"},
	{"limit", "N", "at most N of them, 1 to 10000"},
	{"force", NULL, "overwrites the file where there is one", true},
	{"code", "CODE", "which of the tenant's pauses; kept until the agent is set ready"},
	{"reason", "REASON", "what the agent is away for; kept until it is set ready"},
	{"all", NULL, "all that there is: every lockout, also the reasons that dropped nothing"},
	{"call", "CALL", "only this call; the beginning of its number will do"},
	{"type", "TYPE", "only events of this type, e.g. call-ended"},
	{"ready", NULL,
		"says only whether new calls are taken: exit code 0, or 1 and why not, within 3 s",
		true},
	{"cancel", NULL, "takes a drain back: new calls are taken again"},
	{"pcap", "FILE", "writes the messages to a capture file instead", true},
};
const size_t command_option_count = sizeof(command_options) / sizeof(command_options[0]);

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
	for (size_t i = 0; i < COMMAND_ALL; i++) {
		size_t n = command_matches(&commands[i], words, count);
		if (n > *used) {
			*used = n;
			best = &commands[i];
		}
	}
	return best;
}

bool command_is_hidden(enum command_id id)
{
	return (commands[id].flags & COMMAND_HIDDEN) != 0;
}

bool command_in_group(enum command_id id, const char *group)
{
	size_t len = strlen(group);
	return len > 0 && strncmp(commands[id].words, group, len) == 0 &&
		commands[id].words[len] == ' ';
}

bool command_is_group(const char *word)
{
	for (unsigned i = 0; i < COMMAND_ALL; i++)
		if (command_in_group(i, word) && strchr(word, ' ') == NULL)
			return true;
	return false;
}

bool command_begins_group(enum command_id id, char group[COMMAND_GROUP_MAX])
{
	size_t len = strcspn(commands[id].words, " ");
	if (commands[id].words[len] == '\0')
		return false;
	str_copy_n(group, COMMAND_GROUP_MAX, commands[id].words, len);
	for (unsigned i = 0; i < (unsigned)id; i++)
		if (command_in_group(i, group))
			return false;
	return true;
}

// Whether one of the names, separated by spaces, is this.
static bool names_hold(const char *names, const char *name)
{
	size_t len = strlen(name);
	while (*names != '\0') {
		size_t n = strcspn(names, " ");
		if (n == len && strncmp(names, name, n) == 0)
			return true;
		names += n;
		names += *names == ' ';
	}
	return false;
}

const struct command_option *command_option(const struct command *c, const char *name)
{
	if (!names_hold(c->options, name))
		return NULL;
	for (size_t i = 0; i < command_option_count; i++)
		if (strcmp(command_options[i].name, name) == 0)
			return &command_options[i];
	return NULL;
}

char *command_usage(const struct command *c, char out[COMMAND_USAGE_MAX])
{
	struct str_buf b;
	str_buf_init(&b, out, COMMAND_USAGE_MAX);
	str_buf_add(&b, "%s%s%s", c->words, c->args[0] ? " " : "", c->args);
	for (size_t i = 0; i < command_option_count; i++) {
		const struct command_option *o = &command_options[i];
		if (names_hold(c->options, o->name))
			str_buf_add(&b, " [--%s%s%s]", o->name, o->value ? " " : "",
				o->value ? o->value : "");
	}
	return out;
}
