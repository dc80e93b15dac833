// The columns of every command's table, as one const table.
#pragma once

#include <stddef.h>

#include "control/contract/command.h"
#include "control/ringctl/print/format.h"

enum column_flag {
	COLUMN_ELASTIC = 1,   // cut first where the terminal is too narrow
	COLUMN_OPTIONAL = 2,  // left out then, the last one first; after them the others,
	COLUMN_ESSENTIAL = 4, // but for these
};

struct column {
	enum command_id command;
	const char *section; // member of the row that holds the table, "history"; NULL: the rows
	const char *key;     // of the row
	const char *title;
	enum format format;
	unsigned flags;
};

extern const struct column columns[];
extern const size_t column_count;

// The columns of a command's table lie side by side. *count 0: it has none.
const struct column *columns_of(enum command_id command, const char *section, size_t *count);
// What an empty table says: "no calls in progress".
const char *columns_empty(enum command_id command);
