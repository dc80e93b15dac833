// Lists as CSV (RFC 4180): for spreadsheets, and for whoever has no JSON.
#pragma once

#include "control/contract/member.h"
#include "control/ringctl/print/text.h"

// A header of the members' names, then a line a row. What is null is an empty field; texts of a
// list stand in one field, with spaces between; a text that a spreadsheet would take for a formula
// gets a ' in front.
void csv_print(const struct output *o, const struct shape *s, const json_t *rows);
