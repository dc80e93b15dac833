// Names that commands are asked for: which there are, and what was probably meant by one that is
// none.
#pragma once

#include <stdbool.h>

#include "control/base/near.h"

struct ops_env;
struct request;

enum name_kind { NAME_TENANT, NAME_QUEUE, NAME_AGENT, NAME_TRUNK, NAME_WHY, NAME_KINDS };

const char *name_kind_option(enum name_kind kind); // "tenant", as options and columns are called
// Those of the configuration and those that left it and are in use still.
void names_live(const struct ops_env *env, enum name_kind kind, struct near *n);
// Whether what --tenant, --queue, --agent and --trunk name is there now. False: the request was
// failed with 3.
bool request_names(struct request *r);
void request_no(struct request *r, const char *what, const struct near *n);
