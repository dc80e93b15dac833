// Fields, quoted where they must be.
#include "control/ringctl/print/csv.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

// Callers choose their names: =cmd|… must stay a text. A number in E.164 is none of these and
// keeps its plus.
static bool is_formula(const char *text)
{
	if (*text == '+')
		return text[1] == '\0' || text[1 + strspn(text + 1, "0123456789")] != '\0';
	return *text != '\0' && strchr("=-@\t\r", *text) != NULL;
}

// What could steer a terminal is '?', as everywhere; but lines and tabs stay what they are.
static char *clean(const char *text)
{
	size_t size = strlen(text) + 1, used = 0;
	char *out = malloc(size);
	while (out != NULL && *text != '\0') {
		size_t len = strcspn(text, "\t\r\n");
		char *part = strndup(text, len);
		text_clean(out + used, size - used, part ? part : "");
		used += strlen(out + used);
		free(part);
		text += len;
		if (*text != '\0')
			out[used++] = *text++;
	}
	if (out != NULL)
		out[used] = '\0';
	return out;
}

static void field_text(const struct output *o, const char *from)
{
	char *text = clean(from);
	const char *mark = is_formula(from) ? "'" : "";
	if (text == NULL || text[strcspn(text, "\",\r\n")] == '\0') {
		fprintf(o->file, "%s%s", mark, text ? text : "");
	} else {
		fprintf(o->file, "\"%s", mark);
		for (const char *c = text; *c != '\0'; c++) {
			if (*c == '"')
				fputc('"', o->file);
			fputc(*c, o->file);
		}
		fputc('"', o->file);
	}
	free(text);
}

static void field_texts(const struct output *o, const json_t *list)
{
	char *text = NULL;
	size_t len, i;
	const json_t *item;
	struct output line = *o;
	line.file = open_memstream(&text, &len);
	if (line.file == NULL)
		return;
	json_array_foreach(list, i, item)
	{
		const char *one = json_string_value(item);
		fprintf(line.file, "%s%s", i ? " " : "", one ? one : "");
	}
	fclose(line.file);
	field_text(o, text);
	free(text);
}

static void field(const struct output *o, const json_t *value)
{
	if (json_is_string(value)) {
		field_text(o, json_string_value(value));
	} else if (json_is_array(value)) {
		field_texts(o, value);
	} else if (value != NULL && !json_is_null(value)) {
		char *text =
			json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(10));
		fputs(text ? text : "", o->file);
		free(text);
	}
}

void csv_print(const struct output *o, const struct shape *s, const json_t *rows)
{
	size_t count = shape_count(s), i;
	const json_t *row;
	for (size_t c = 0; c < count; c++)
		fprintf(o->file, "%s%s", c ? "," : "", member_name(shape_member(s, c)->is));
	fputs("\r\n", o->file);
	json_array_foreach(rows, i, row)
	{
		for (size_t c = 0; c < count; c++) {
			fputs(c ? "," : "", o->file);
			field(o, json_object_get(row, member_name(shape_member(s, c)->is)));
		}
		fputs("\r\n", o->file);
	}
}
