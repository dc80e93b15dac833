// What a flow has noted of its call: texts by name, few and short. Names come from the
// configuration alone; texts may come from a wire, hence are made readable UTF-8 and cut between
// characters.
//
// Each lies in a piece of memory of its own, as most calls have none; where that is refused the
// variable is as if it had not been set.
#pragma once

#include <stddef.h>

#include "control/config/config.h"

struct ivr_variable {
	struct ivr_variable *next;
	char name[VARIABLE_NAME_MAX], text[VARIABLE_TEXT_MAX];
};

struct ivr_vars {
	struct ivr_variable *first;
	unsigned count;
};

// text: len octets of any kind. 0; -ENOSPC: it would be one too many; -ENOMEM.
int ivr_vars_set(struct ivr_vars *v, const char *name, const char *text, size_t len);
const char *ivr_vars_get(const struct ivr_vars *v, const char *name); // "": not set
void ivr_vars_free(struct ivr_vars *v);
