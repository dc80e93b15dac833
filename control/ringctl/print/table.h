// Rows as an aligned table, within the width of the terminal.
#pragma once

#include <jansson.h>

#include "control/ringctl/print/columns.h"

// rows: an array of objects. section as in struct column. indent: columns in front of each line.
void table_print(const struct output *o, enum command_id command, const char *section,
	const json_t *rows, unsigned indent);
