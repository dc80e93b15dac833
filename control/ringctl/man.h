// Manual pages and docs/cli.md, from the tables of commands and options.
#pragma once

#include <stdio.h>

void man_ringctl(FILE *out);  // ringctl(1), in man's own format
void man_ringhall(FILE *out); // ringhall(8)
void man_markdown(FILE *out); // docs/cli.md
