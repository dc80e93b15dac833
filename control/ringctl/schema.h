// JSON Schemas of what commands answer, from the shapes.
#pragma once

#include <stdbool.h>
#include <stdio.h>

// The names that schema_print knows, one a line: "calls-list", "events".
void schema_names(FILE *out);
bool schema_print(FILE *out, const char *name); // false: no such name
