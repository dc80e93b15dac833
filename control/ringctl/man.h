// Manual pages, docs/cli.md and docs/figures.md, from the tables of commands, options and figures.
#pragma once

#include <stdio.h>

void man_ringctl(FILE *out);  // ringctl(1), in man's own format
void man_ringhall(FILE *out); // ringhall(8)
void man_markdown(FILE *out); // docs/cli.md
void man_figures(FILE *out);  // docs/figures.md
