// Every list on terminals of all widths: no line is longer, what matters stays, long texts are cut
// by the columns that their characters take.
#include "tests/unit/unit.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "control/contract/member.h"
#include "control/ringctl/print/columns.h"
#include "control/ringctl/print/table.h"
#include "engine/base/str.h"

static const unsigned widths[] = {50, 60, 80, 200};
#define WIDTHS (sizeof(widths) / sizeof(widths[0]))

// As wide as values come: names of 20 characters in Chinese, IPv6 addresses with ports, counts of
// years.
static json_t *wide_value(const struct column *c, unsigned row)
{
	char text[128];
	switch (c->format) {
	case FORMAT_CALL:
		str_format(text, sizeof(text), "18a5c3f2b1d4e6%02xa1b2c3d400000001", row);
		return json_string(text);
	case FORMAT_TIME:
		return json_string("2025-01-31T23:59:59.999Z");
	case FORMAT_STATE:
		return json_string("unusable-answer");
	case FORMAT_FILE:
		return json_string(
			"/var/lib/ringhall/recordings/2026-04-12/13/131640-000-861390.wav");
	case FORMAT_YES:
	case FORMAT_NO:
		return json_boolean(row & 1);
	case FORMAT_LIST:
		return json_pack("[s,s]", "客户服务热线第一组", "sales-international-second-line");
	case FORMAT_TEXT:
		return json_string(row & 1 ? "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"
					   : "客户服务热线客户服务热线客户服务热线客户");
	case FORMAT_PERCENT:
		return json_real(100.0);
	default:
		return json_integer(1234567890 + row);
	}
}

static json_t *wide_rows(const struct column *columns_of_it, size_t count)
{
	json_t *rows = json_array();
	for (unsigned r = 0; r < 3; r++) {
		json_t *row = json_object();
		for (size_t c = 0; c < count; c++)
			json_object_set_new(
				row, columns_of_it[c].key, wide_value(&columns_of_it[c], r));
		json_array_append_new(rows, row);
	}
	return rows;
}

static char *printed(const struct column *first, const json_t *rows, unsigned width)
{
	char *text = NULL;
	size_t len;
	struct output o = {.file = open_memstream(&text, &len), .utf8 = true, .width = width};
	table_print(&o, first->command, first->section, rows, 0);
	fclose(o.file);
	return text;
}

static void judge_lines(const struct column *first, char *text, unsigned width)
{
	for (char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		line[len] = '\0';
		ck_assert_msg(text_width(line) <= width, "%s at %u: %u columns: %s",
			commands[first->command].words, width, text_width(line), line);
		line += len + 1;
	}
}

static void judge(const struct column *first, size_t count)
{
	json_t *rows = wide_rows(first, count);
	for (size_t w = 0; w < WIDTHS; w++) {
		char *text = printed(first, rows, widths[w]);
		for (size_t c = 0; c < count; c++)
			if (first[c].flags & COLUMN_ESSENTIAL)
				ck_assert_msg(strstr(text, first[c].title) != NULL,
					"%s at %u lacks %s", commands[first->command].words,
					widths[w], first[c].title);
		judge_lines(first, text, widths[w]);
		free(text);
	}
	json_decref(rows);
}

START_TEST(every_list_fits_every_width)
{
	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	for (size_t i = 0; i < column_count;) {
		size_t count;
		const struct column *first =
			columns_of(columns[i].command, columns[i].section, &count);
		unsigned essential = 0;
		for (size_t c = 0; c < count; c++)
			essential += (first[c].flags & COLUMN_ESSENTIAL) != 0;
		ck_assert_msg(
			essential > 0, "%s: what matters in it?", commands[first->command].words);
		judge(first, count);
		i += count;
	}
}
END_TEST

// A list of few short values keeps all its columns where they have room.
START_TEST(what_has_room_stays)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	size_t count;
	const struct column *first = columns_of(COMMAND_TRUNKS_LIST, NULL, &count);
	json_t *rows = json_pack("[{s:s,s:s,s:i,s:n,s:i,s:i}]", "trunk", "carrier", "tenant",
		"acme", "in_progress", 1, "calls_max", "taken_calls", 2, "rejected", 0);
	char *text = printed(first, rows, 80);
	ck_assert_ptr_nonnull(strstr(text, "REJECTED  LAST  FROM"));
	ck_assert_ptr_null(strstr(text, "wider terminal"));
	free(text);
	json_decref(rows);
}
END_TEST

UNIT_MAIN("ringctl_widths", every_list_fits_every_width, what_has_room_stays)
