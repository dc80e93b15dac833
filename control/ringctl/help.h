// Help on the terminal, from the tables of commands and options.
#pragma once

#include "control/contract/command.h"
#include "control/ringctl/print/text.h"

void help_all(const struct output *o);
void help_group(const struct output *o, const char *group); // "calls"
void help_command(const struct output *o, const struct command *c);
