// Lists as CSV: RFC 4180, and no formula of a caller's in an operator's spreadsheet.
#include "tests/unit/unit.h"

#include <locale.h>
#include <string.h>

#include "control/ringctl/print/csv.h"
#include "engine/base/str.h"

static char *printed(enum command_id id, json_t *rows)
{
	char *text = NULL;
	size_t len;
	setlocale(LC_CTYPE, "C.UTF-8");
	struct output o = {.file = open_memstream(&text, &len), .utf8 = true};
	csv_print(&o, shape_of_command(id), rows);
	json_decref(rows);
	fclose(o.file);
	return text;
}

// The one field of a row that tells a deed.
static void expect(const char *value, const char *field)
{
	char wanted[256];
	char *text = printed(COMMAND_DRAIN, json_pack("[{s:s}]", "done", value));
	str_format(wanted, sizeof(wanted), "done\r\n%s\r\n", field);
	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(fields_are_quoted_where_they_must)
{
	expect("plain", "plain");
	expect("王芳", "王芳");
	expect(" with room ", " with room ");
	expect("a,b", "\"a,b\"");
	expect("say \"x\"", "\"say \"\"x\"\"\"");
	expect("two\r\nlines", "\"two\r\nlines\"");
	expect("esc\033[2J", "esc?[2J"); // as on a terminal
}
END_TEST

START_TEST(formulas_stay_texts)
{
	expect("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0");
	expect("@SUM(A1,2)", "\"'@SUM(A1,2)\"");
	expect("-1+1", "'-1+1");
	expect("+1+cmd", "'+1+cmd");
	expect("+", "'+");
	expect("\t=1", "'\t=1");
	expect("+8613800138000", "+8613800138000"); // a number in E.164
	expect("a=b", "a=b");
}
END_TEST

START_TEST(values_are_those_of_json)
{
	char *text = printed(COMMAND_RECORDINGS_CHECK,
		json_pack("[{s:s,s:n,s:s,s:i}]", "result", "ok", "call", "file", "/a.wav",
			"samples", 17));
	ck_assert_str_eq(text, "result,call,file,samples,problem\r\nok,,/a.wav,17,\r\n");
	free(text);
	text = printed(COMMAND_AGENTS_LIST,
		json_pack("[{s:s,s:b,s:[s,s]}]", "agent", "anna", "registered", 1, "queues", "a",
			"b"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nanna,,"));
	ck_assert_ptr_nonnull(strstr(text, ",true,,,a b,"));
	free(text);
	text = printed(COMMAND_SESSIONS_LIST, json_pack("[{s:i}]", "level_dbm0", -31));
	ck_assert_ptr_nonnull(strstr(text, ",-31\r\n")); // a figure of ours is no formula
	free(text);
}
END_TEST

UNIT_MAIN("ringctl_csv", fields_are_quoted_where_they_must, formulas_stay_texts,
	values_are_those_of_json)
