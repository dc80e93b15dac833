// The screen of `ringctl top`: two lines of the node, tables that scroll, a line of keys.
#include "control/ringctl/print/view.h"

#include <stdlib.h>
#include <string.h>

#include "control/contract/member.h"
#include "control/ringctl/print/format.h"
#include "control/ringctl/print/table.h"
#include "engine/base/str.h"

#define FRAME_LINES 3 // above and below the tables

static const char *const sort_names[VIEW_SORTS] = {
	[VIEW_BY_NAME] = "name", [VIEW_BY_STATE] = "state", [VIEW_BY_TIME] = "time"};

static double number_of(const json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

static int by_state(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	double waiting = number_of(y, "waiting") - number_of(x, "waiting");
	int state = strcmp(member_text(x, "state"), member_text(y, "state"));
	return waiting != 0 ? (waiting > 0 ? 1 : -1) : state;
}

static double longest(const json_t *row)
{
	return number_of(row, "for_ms") + number_of(row, "longest_wait_ms") +
		number_of(row, "waited_ms") + number_of(row, "talked_ms");
}

static int by_time(const void *a, const void *b)
{
	double x = longest(*(json_t *const *)a), y = longest(*(json_t *const *)b);
	return x < y ? 1 : x > y ? -1 : 0;
}

// Agents and queues by name; calls by their number, that is by their start.
static int by_name(const void *a, const void *b)
{
	static const char *const keys[] = {"queue", "agent", "call"};
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const char *key = json_object_get(x, "policy") ? keys[0]
		: json_object_get(x, "for_ms")	       ? keys[1]
						       : keys[2];
	return strcmp(member_text(x, key), member_text(y, key));
}

static void sort_rows(json_t **rows, int (*compare)(const void *, const void *))
{
	size_t count = json_array_size(*rows), i;
	json_t **list = calloc(count + 1, sizeof(*list)), *sorted = json_array(), *row;
	if (list == NULL || sorted == NULL) {
		free(list);
		json_decref(sorted);
		return;
	}
	json_array_foreach(*rows, i, row) list[i] = row;
	qsort(list, count, sizeof(*list), compare);
	for (i = 0; i < count; i++)
		json_array_append(sorted, list[i]);
	free(list);
	json_decref(*rows);
	*rows = sorted;
}

void view_sort(struct view *v)
{
	int (*const compares[VIEW_SORTS])(const void *, const void *) = {
		by_name, by_state, by_time};
	sort_rows(&v->queues, compares[v->sort]);
	sort_rows(&v->agents, compares[v->sort]);
	sort_rows(&v->calls, compares[v->sort]);
}

static void draw_figure(
	const struct output *o, const char *name, enum format format, const json_t *value)
{
	char text[FORMAT_MAX];
	fprintf(o->file, "   %s ", name);
	text_coloured(o, COLOUR_BOLD, format_value(o, format, value, text));
}

static void draw_head(const struct view *v, const struct output *o)
{
	char text[FORMAT_MAX];
	const json_t *calls = json_object_get(v->status, "calls");
	const json_t *load = json_object_get(v->status, "load");
	const json_t *media = json_object_get(v->status, "media");
	const json_t *storage = json_object_get(v->status, "storage");
	const json_t *state = json_object_get(v->status, "state");
	if (v->status == NULL) {
		fputs("ringhall", o->file);
	} else {
		format_value(o, FORMAT_TEXT, json_object_get(v->status, "node"), text);
		text_coloured(o, COLOUR_BOLD, text);
		fputs("   ", o->file);
		format_value(o, FORMAT_TEXT, state, text);
		text_coloured(o, format_colour(FORMAT_STATE, state), text);
		draw_figure(o, "up", FORMAT_DURATION, json_object_get(v->status, "up_ms"));
		draw_figure(o, "calls", FORMAT_COUNT, json_object_get(calls, "alive"));
		draw_figure(o, "load", FORMAT_PERCENT, json_object_get(load, "load_percent"));
		draw_figure(o, "sessions", FORMAT_COUNT, json_object_get(media, "sessions"));
	}
	fputs("\033[K\r\n", o->file);
	if (v->error[0] != '\0') {
		text_clean(text, sizeof(text), v->error);
		text_coloured(o, COLOUR_RED, text);
	} else if (v->status != NULL) {
		fputs("since start", o->file);
		draw_figure(o, "started", FORMAT_COUNT, json_object_get(calls, "started"));
		draw_figure(o, "connected", FORMAT_COUNT, json_object_get(calls, "connected"));
		draw_figure(o, "refused", FORMAT_COUNT, json_object_get(calls, "refused"));
		draw_figure(
			o, "recording", FORMAT_COUNT, json_object_get(storage, "recordings_open"));
	}
	fputs("\033[K\r\n", o->file);
}

static void draw_table(
	const struct output *o, const char *title, enum command_id command, const json_t *rows)
{
	fputc('\n', o->file);
	text_coloured(o, COLOUR_CYAN, title);
	fputc('\n', o->file);
	if (json_array_size(rows) > 0)
		table_print(o, command, NULL, rows, 0);
	else
		fprintf(o->file, "%s\n", columns_empty(command));
}

static const char *calls_title(const struct view *v, char title[80])
{
	json_int_t alive =
		json_integer_value(json_object_get(json_object_get(v->status, "calls"), "alive"));
	size_t shown = json_array_size(v->calls);
	if (!v->calls_cut)
		return "Calls";
	str_format(title, 80, "Calls (the %zu oldest of %lld)", shown, (long long)alive);
	return title;
}

// All tables as text; the caller frees it.
static char *draw_tables(const struct view *v, const struct output *o)
{
	char *text = NULL, title[80];
	size_t len;
	struct output page = *o;
	page.brief = true;
	page.file = open_memstream(&text, &len);
	if (page.file == NULL)
		return NULL;
	draw_table(&page, "Queues", COMMAND_QUEUES_LIST, v->queues);
	draw_table(&page, "Agents", COMMAND_AGENTS_LIST, v->agents);
	draw_table(&page, calls_title(v, title), COMMAND_CALLS_LIST, v->calls);
	draw_table(&page, "Workers", COMMAND_WORKERS, v->workers);
	fclose(page.file);
	return text;
}

static unsigned count_lines(const char *text)
{
	unsigned lines = 0;
	while ((text = strchr(text, '\n')) != NULL) {
		lines++;
		text++;
	}
	return lines;
}

void view_scroll(struct view *v, int by)
{
	int64_t top = (int64_t)v->top + by;
	v->top = top < 0 ? 0 : (unsigned)top;
}

static void draw_keys(const struct view *v, const struct output *o, bool more)
{
	text_colour(o, COLOUR_REVERSE);
	fprintf(o->file, " q quit  %s scroll  s sorted by %s ", o->utf8 ? "↑↓" : "arrows",
		sort_names[v->sort]);
	text_colour(o, COLOUR_NONE);
	if (more)
		text_coloured(o, COLOUR_DIM, " more below");
	fputs("\033[K", o->file);
}

void view_draw(struct view *v, const struct output *o, unsigned lines)
{
	unsigned room = lines > FRAME_LINES ? lines - FRAME_LINES : 1;
	char *text = v->status ? draw_tables(v, o) : NULL;
	v->lines = text ? count_lines(text) : 0;
	if (v->lines <= room)
		v->top = 0;
	else if (v->top > v->lines - room)
		v->top = v->lines - room;
	fputs("\033[H", o->file);
	draw_head(v, o);
	const char *line = text ? text : "";
	for (unsigned i = 0; i < v->lines && i < v->top + room; i++) {
		size_t len = strcspn(line, "\n");
		if (i >= v->top)
			fprintf(o->file, "%.*s\033[K\r\n", (int)len, line);
		line += len + 1;
	}
	for (unsigned i = v->lines; i < room; i++)
		fputs("\033[K\r\n", o->file);
	draw_keys(v, o, v->top + room < v->lines);
	free(text);
}
