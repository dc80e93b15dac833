// One object as a list of its members, nested ones as indented sections.
#pragma once

#include <jansson.h>

#include "control/contract/command.h"
#include "control/ringctl/print/text.h"

void show_print(const struct output *o, enum command_id command, const json_t *object);
