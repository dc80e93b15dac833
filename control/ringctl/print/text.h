// What ringctl writes on: how wide it is, whether it shows colours and UTF-8; and text measured
// in the columns of a terminal.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_CYAN,
	COLOUR_MAGENTA,
	COLOUR_REVERSE,
};

struct output {
	FILE *file;
	bool terminal, colour, utf8;
	bool brief;	      // no remarks below tables
	unsigned width;	      // columns; 0: no limit
	unsigned call_digits; // of a call's number that tell those shown apart; 0: as usual
	int64_t now_s;	      // wall clock: today's times are shown without a date
};

// Columns that the text takes. LC_CTYPE must be a UTF-8 locale for wide characters to count 2.
unsigned text_width(const char *text);
// Copies text with every control character (they could steer the terminal: user agents and names
// come from strangers) as '?'. Cut between characters.
void text_clean(char *dst, size_t size, const char *text);
// JSON as it is, but that nothing in its strings steers a terminal: such characters go out as
// \u009b, which is the same JSON.
void text_json(const struct output *o, const json_t *json, size_t flags);
// The text in at most `columns` columns, padded with spaces in front or behind; what does not
// fit ends in '…' ('~' without UTF-8).
void text_cell(const struct output *o, const char *text, unsigned columns, bool right);
// The same for paths: what does not fit is cut in front.
void text_tail(const struct output *o, const char *text, unsigned columns);
void text_pad(const struct output *o, unsigned columns);
void text_colour(const struct output *o, enum colour colour); // NONE: back to normal
void text_coloured(const struct output *o, enum colour colour, const char *text);
