// The few requests of man(7) that a manual page of tables needs; texts are escaped here.
#pragma once

#include <stdio.h>

void roff_title(FILE *out, const char *name, unsigned section);
void roff_section(FILE *out, const char *name);
void roff_text(FILE *out, const char *text);			// a paragraph
void roff_item(FILE *out, const char *left, const char *right); // bold, and what it means
void roff_in(FILE *out);					// items of an item
void roff_out(FILE *out);
// Our own Markdown: headings, paragraphs, lists, tables (a row is an item), blocks of code. The
// first heading and comments are left out.
void roff_markdown(FILE *out, const char *text);
