// Tables: widths first, then lines.
#include "control/ringctl/print/table.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/str.h"

#define COLUMNS_MAX 24
#define GAP	    2  // between columns
#define ELASTIC_MIN 6  // an elastic column is never cut below this,
#define ELASTIC_FIT 16 // nor below this while optional columns can be left out instead

struct table {
	struct output o;
	const struct column *columns;
	size_t count, rows, left_out;
	unsigned width[COLUMNS_MAX], full[COLUMNS_MAX]; // as shown; as wide as they want to be
	bool hidden[COLUMNS_MAX];
	unsigned indent;
	const json_t *json;
};

static const json_t *table_value(const struct table *t, size_t row, size_t column)
{
	return json_object_get(json_array_get(t->json, row), t->columns[column].key);
}

static void table_measure(struct table *t)
{
	char text[FORMAT_MAX];
	for (size_t c = 0; c < t->count; c++) {
		t->width[c] = text_width(t->columns[c].title);
		for (size_t r = 0; r < t->rows; r++) {
			format_value(&t->o, t->columns[c].format, table_value(t, r, c), text);
			unsigned width = text_width(text);
			if (width > t->width[c])
				t->width[c] = width;
		}
	}
}

static unsigned table_total(const struct table *t)
{
	unsigned total = t->indent, shown = 0;
	for (size_t c = 0; c < t->count; c++)
		if (!t->hidden[c])
			total += t->width[c] + (shown++ ? GAP : 0);
	return total;
}

// The widest column that may still be cut, or COLUMNS_MAX.
static size_t table_widest(const struct table *t, unsigned least)
{
	size_t widest = COLUMNS_MAX;
	for (size_t c = 0; c < t->count; c++) {
		unsigned title = text_width(t->columns[c].title);
		if (t->hidden[c] || !(t->columns[c].flags & COLUMN_ELASTIC) ||
			t->width[c] <= (title > least ? title : least))
			continue;
		if (widest == COLUMNS_MAX || t->width[c] >= t->width[widest])
			widest = c;
	}
	return widest;
}

static bool table_cut(struct table *t, unsigned least)
{
	size_t c;
	while (table_total(t) > t->o.width && (c = table_widest(t, least)) != COLUMNS_MAX)
		t->width[c]--;
	return table_total(t) <= t->o.width;
}

// Leaves out columns that have the flag, or have it not, the last one first, until what is left
// fits with no elastic column cut below the least. False: it does not.
static bool table_leave_out(struct table *t, unsigned flag, bool wanted, unsigned least)
{
	for (size_t c = t->count; !table_cut(t, least);) {
		while (c > 0 &&
			(t->hidden[c - 1] || ((t->columns[c - 1].flags & flag) != 0) != wanted))
			c--;
		if (c == 0)
			return false;
		t->hidden[--c] = true;
		t->left_out++;
		memcpy(t->width, t->full, sizeof(t->width));
	}
	return true;
}

// Whatever there is gives, so that no line is longer than the terminal is wide; but the numbers of
// calls, which would no longer tell them apart.
static void table_squeeze(struct table *t)
{
	while (table_total(t) > t->o.width) {
		size_t widest = COLUMNS_MAX;
		for (size_t c = 0; c < t->count; c++)
			if (!t->hidden[c] && t->columns[c].format != FORMAT_CALL &&
				(widest == COLUMNS_MAX || t->width[c] > t->width[widest]))
				widest = c;
		if (widest == COLUMNS_MAX || t->width[widest] <= 1)
			return;
		t->width[widest]--;
	}
}

// An optional column without a value in any row says nothing.
static void table_hide_empty(struct table *t)
{
	for (size_t c = 0; c < t->count; c++) {
		size_t r = 0;
		while (r < t->rows && json_is_null(table_value(t, r, c)))
			r++;
		t->hidden[c] =
			t->rows > 0 && r == t->rows && (t->columns[c].flags & COLUMN_OPTIONAL);
	}
}

// Cuts elastic columns a little, then leaves out optional ones, cuts as far as it goes, leaves out
// all but the essential ones.
static void table_fit(struct table *t)
{
	memcpy(t->full, t->width, sizeof(t->full));
	if (!table_leave_out(t, COLUMN_OPTIONAL, true, ELASTIC_FIT) && !table_cut(t, ELASTIC_MIN) &&
		!table_leave_out(t, COLUMN_ESSENTIAL, false, ELASTIC_MIN))
		table_squeeze(t);
}

// One line; row == rows: the titles.
static void table_line(const struct table *t, size_t row)
{
	char text[FORMAT_MAX];
	unsigned pad = t->indent; // owed: lines end without spaces
	for (size_t c = 0; c < t->count; c++) {
		const struct column *column = &t->columns[c];
		const json_t *value = table_value(t, row, c);
		enum colour colour = COLOUR_BOLD;
		if (t->hidden[c])
			continue;
		if (row == t->rows) {
			str_copy(text, sizeof(text), column->title);
		} else {
			format_value(&t->o, column->format, value, text);
			colour = format_colour(column->format, value);
		}
		unsigned width = text_width(text), place = t->width[c];
		unsigned used = width < place ? width : place;
		bool right = format_right(column->format);
		text_pad(&t->o, pad + (right ? place - used : 0));
		if (colour != COLOUR_NONE)
			text_colour(&t->o, colour);
		if (column->format == FORMAT_FILE)
			text_tail(&t->o, text, used);
		else
			text_cell(&t->o, text, used, false);
		if (colour != COLOUR_NONE)
			text_colour(&t->o, COLOUR_NONE);
		pad = GAP + (right ? 0 : place - used);
	}
	fputc('\n', t->o.file);
}

static int call_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// How many digits tell all calls of the column apart.
static unsigned table_call_digits(const struct table *t, size_t column)
{
	unsigned digits = FORMAT_CALL_DIGITS;
	size_t count = 0;
	const char **calls = calloc(t->rows + 1, sizeof(*calls));
	for (size_t r = 0; calls != NULL && r < t->rows; r++) {
		const char *call = json_string_value(table_value(t, r, column));
		if (call != NULL)
			calls[count++] = call;
	}
	if (calls != NULL)
		qsort(calls, count, sizeof(*calls), call_compare);
	for (size_t i = 1; i < count; i++) {
		unsigned same = 0;
		while (calls[i][same] != '\0' && calls[i][same] == calls[i - 1][same])
			same++;
		if (same >= digits && calls[i][same] != '\0')
			digits = same + 1;
	}
	free(calls);
	return digits;
}

void table_print(const struct output *o, enum command_id command, const char *section,
	const json_t *rows, unsigned indent)
{
	struct table t = {.o = *o, .json = rows, .rows = json_array_size(rows), .indent = indent};
	t.columns = columns_of(command, section, &t.count);
	check(t.count > 0 && t.count <= COLUMNS_MAX);
	for (size_t c = 0; c < t.count; c++)
		if (t.columns[c].format == FORMAT_CALL)
			t.o.call_digits = table_call_digits(&t, c);
	table_hide_empty(&t);
	table_measure(&t);
	if (o->width > 0)
		table_fit(&t);
	table_line(&t, t.rows);
	for (size_t r = 0; r < t.rows; r++)
		table_line(&t, r);
	if (t.left_out > 0 && !o->brief) {
		char text[80], count[STR_COUNT_MAX];
		str_format(text, sizeof(text), "(%s in a wider terminal)",
			str_count(count, t.left_out, "more column"));
		text_pad(o, indent);
		text_coloured(o, COLOUR_DIM, text);
		fputc('\n', o->file);
	}
}
