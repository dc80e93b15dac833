// The completion script for bash, from the tables of commands and options.
#pragma once

#include <stdio.h>

void completion_bash(FILE *out);
