// Loading: a YAML file, checked whole against one const schema table.
//
// Unknown keys, types, ranges, duplicates, missing references and flow graphs are found in one
// run, each as `file:line:column: key: expected X, got Y`, in the order of the file.
#pragma once

#include <stddef.h>

#include "control/config/config.h"
#include "control/config/modules.h"
#include "control/config/problems.h"

// modules: what the rooms above bring. previous: the configuration in force, so that prompt ids
// stay and what needs a restart is said; NULL at start. On 0, *out has one user. -EINVAL: *out is
// NULL and problems says why (at least one). Any thread.
int config_load(const struct config_modules *modules, const char *file,
	const struct config *previous, struct config **out, struct config_problems *problems);
// The same at a start or a check, with what else there is to say while the places of values are
// known: of a file with problems, too, whose fields may then be empty.
struct config_read;
struct config_more {
	void (*say)(struct config_read *r, void *arg);
	void *arg;
};
int config_load_more(const struct config_modules *modules, const char *file,
	const struct config_more *more, struct config **out, struct config_problems *problems);
// The same from memory; file names the text in problems and anchors relative paths.
struct config_text {
	const char *file, *data;
	size_t len;
};
int config_load_text(const struct config_modules *modules, const struct config_text *text,
	const struct config *previous, struct config **out, struct config_problems *problems);
