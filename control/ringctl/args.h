// ringctl's command line: options anywhere, the command's words, its arguments.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "control/contract/command.h"
#include "control/ringctl/client.h"

#define ARGS_ERROR_MAX 1024

struct args {
	const char *socket; // NULL: not given
	bool json, csv, help, version;
	int colour;		       // 1 wanted, 0 not wanted, -1 not said
	const struct command *command; // NULL: no command was given
	const char *group;	       // "calls", given instead of one; NULL: none
	const char *args[CLIENT_ARGS_MAX];
	unsigned arg_count;
	json_t *options; // of the command, name to text ("" without a value); args_fini frees
};

// ringctl's own options, for help, man page and completion; one line each.
struct args_option {
	const char *name, *value, *help;
};
extern const struct args_option args_options[];
extern const size_t args_option_count;

// False: the command line is wrong, error says how, with suggestions; exit code 2.
bool args_parse(struct args *a, int argc, char *const *argv, char error[ARGS_ERROR_MAX]);
// "no command `cals list`; did you mean …": returns error.
const char *args_unknown(const char *const *words, size_t count, char error[ARGS_ERROR_MAX]);
void args_fini(struct args *a);
