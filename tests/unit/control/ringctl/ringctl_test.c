// ringctl's texts: widths, values, tables and lists of members, as they stand on a terminal.
#include "tests/unit/unit.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/ringctl/args.h"
#include "control/ringctl/events.h"
#include "control/ringctl/show.h"
#include "control/ringctl/print/table.h"

#define NOW_S 1776000000 // 2026-04-12 13:20:00 UTC

static char *text;
static size_t text_len;

static struct output paper(unsigned width, bool colour)
{
	setenv("TZ", "UTC", 1);
	tzset();
	setlocale(LC_CTYPE, "C.UTF-8");
	return (struct output){.file = open_memstream(&text, &text_len),
		.utf8 = true,
		.colour = colour,
		.width = width,
		.now_s = NOW_S};
}

static void expect(const struct output *o, const char *wanted)
{
	fclose(o->file);
	ck_assert_str_eq(text, wanted);
	free(text);
}

static void expect_value(enum format format, const char *json, const char *wanted)
{
	char out[FORMAT_MAX];
	struct output o = {.now_s = NOW_S};
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(format_value(&o, format, value, out), wanted);
	json_decref(value);
}

static void expect_table(
	struct output o, enum command_id command, const char *rows, const char *wanted)
{
	json_t *json = json_loads(rows, 0, NULL);
	ck_assert_ptr_nonnull(json);
	table_print(&o, command, NULL, json, 0);
	json_decref(json);
	expect(&o, wanted);
}

START_TEST(values_for_people)
{
	setenv("TZ", "UTC", 1);
	tzset();
	expect_value(FORMAT_DURATION, "62345", "1:02.3");
	expect_value(FORMAT_DURATION, "99", "0:00.0");
	expect_value(FORMAT_DURATION, "0", "-");
	expect_value(FORMAT_DURATION, "3599999", "59:59.9");
	expect_value(FORMAT_DURATION, "3600000", "1:00:00");
	expect_value(FORMAT_DURATION, "93784000", "1 d 2:03 h");
	expect_value(FORMAT_COUNT, "0", "0");
	expect_value(FORMAT_COUNT, "999", "999");
	expect_value(FORMAT_COUNT, "1234567", "1,234,567");
	expect_value(FORMAT_COUNT, "-1000", "-1,000");
	expect_value(FORMAT_LIMIT, "null", "none");
	expect_value(FORMAT_BYTES, "1023", "1023 B");
	expect_value(FORMAT_BYTES, "1536", "1.5 KiB");
	expect_value(FORMAT_PERCENT, "12.34", "12.3 %");
	expect_value(FORMAT_US, "1250", "1.2");
	expect_value(FORMAT_SECONDS, "96000", "0:12.0");
	expect_value(FORMAT_TIME, "\"2026-04-12T01:02:03.004Z\"", "01:02:03");
	expect_value(FORMAT_TIME, "\"2026-04-11T23:59:59.999Z\"", "2026-04-11 23:59:59");
	expect_value(FORMAT_TIME, "\"yesterday\"", "-");
	expect_value(FORMAT_YES, "true", "yes");
	expect_value(FORMAT_TEXT, "null", "-");
	expect_value(FORMAT_TEXT, "\"\"", "-");
	expect_value(FORMAT_LIST, "[\"a\",\"b\"]", "a, b");
	expect_value(FORMAT_LIST, "[]", "-");
	expect_value(FORMAT_CALL, "\"18a5c3f2b1d4e600a1b2c3d400000001\"", "18a5c3f2b1d4e6");
}
END_TEST

// Names and user agents come from strangers and must not steer the terminal.
START_TEST(controls_never_reach_the_terminal)
{
	char out[64];
	setlocale(LC_CTYPE, "C.UTF-8");
	expect_value(FORMAT_TEXT, "\"a\\u001b[2Jb\\n\\u009b\\u202ec\\u007f\"", "a?[2Jb???c?");
	expect_value(FORMAT_LIST, "[\"\\u001b]0;x\\u0007\"]", "?]0;x?");
	text_clean(out, sizeof(out), "\xc3\x28\xf0\x9f\x98\xff\xed\xa0\x80");
	ck_assert_str_eq(out, "?(???????");
	text_clean(out, 5, "王芳");
	ck_assert_str_eq(out, "王");
}
END_TEST

START_TEST(widths_count_columns)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	ck_assert_uint_eq(text_width("alice"), 5);
	ck_assert_uint_eq(text_width("王芳"), 4);
	ck_assert_uint_eq(text_width("é"), 1);
	ck_assert_uint_eq(text_width("e\xcc\x81"), 1); // a combining accent

	struct output o = paper(0, false);
	text_cell(&o, "王芳", 3, false);
	fputc('|', o.file);
	text_cell(&o, "王芳", 4, false);
	fputc('|', o.file);
	text_cell(&o, "王芳", 2, false); // one column is left of the second character
	fputc('|', o.file);
	text_cell(&o, "12", 4, true);
	expect(&o, "王…|王芳|… |  12");
}
END_TEST

static const char media_rows[] =
	"[{\"name\":\"main\",\"address\":\"10.99.0.2\",\"external\":null,"
	"\"gateway\":\"10.99.0.1\",\"gateway_known\":false,\"neighbours\":3},"
	"{\"name\":\"\u5357\u65b9\u6a5f\u623f\",\"address\":\"2001:db8::2\",\"external\":null,"
	"\"gateway\":null,\"gateway_known\":true,\"neighbours\":1234}]";

START_TEST(tables_are_aligned)
{
	expect_table(paper(0, false), COMMAND_MEDIA, media_rows,
		"MEDIA     ADDRESS      EXTERNAL  GATEWAY    ANSWERS  NEIGHBOURS\n"
		"main      10.99.0.2    -         10.99.0.1  no                3\n"
		"\u5357\u65b9\u6a5f\u623f  2001:db8::2  -         -          yes           "
		"1,234\n");
}
END_TEST

START_TEST(colours_only_where_wanted)
{
	expect_table(paper(0, true), COMMAND_DROPS,
		"[{\"reason\":\"stun\",\"packets\":1,\"meaning\":\"m\"}]",
		"\033[1mREASON\033[0m  \033[1mPACKETS\033[0m  \033[1mMEANING\033[0m\n"
		"stun          1  m\n");
	expect_table(paper(0, true), COMMAND_MEDIA, "[{\"name\":\"m\",\"gateway_known\":false}]",
		"\033[1mMEDIA\033[0m  \033[1mADDRESS\033[0m  \033[1mEXTERNAL\033[0m  "
		"\033[1mGATEWAY\033[0m  \033[1mANSWERS\033[0m  \033[1mNEIGHBOURS\033[0m\n"
		"m      -        -         -        \033[31mno\033[0m                -\n");
}
END_TEST

static const char drop_rows[] =
	"[{\"reason\":\"rtp-stranger\",\"packets\":1234567,"
	"\"meaning\":\"RTP from a source that is not the session's far end\"}]";

START_TEST(tables_fit_the_terminal)
{
	expect_table(paper(40, false), COMMAND_DROPS, drop_rows,
		"REASON          PACKETS  MEANING\n"
		"rtp-stranger  1,234,567  RTP from a sou…\n");
	expect_table(paper(34, false), COMMAND_DROPS, drop_rows,
		"REASON          PACKETS  MEANING\n"
		"rtp-stranger  1,234,567  RTP from…\n");
}
END_TEST

START_TEST(optional_columns_go_first)
{
	static const char rows[] =
		"[{\"port\":\"media0\",\"kind\":\"tap\",\"up\":true,\"mac\":\"02:00:00:00:00:01\","
		"\"rx_packets\":1,\"tx_packets\":2,\"rx_bytes\":3,\"tx_bytes\":4,\"rx_missed\":0,"
		"\"rx_nombuf\":0,\"rx_errors\":0,\"tx_errors\":0}]";
	expect_table(paper(80, false), COMMAND_PORTS, rows,
		"PORT    KIND  UP   MAC                RX  TX  RX BYTES  TX BYTES  MISSED\n"
		"media0  tap   yes  02:00:00:00:00:01   1   2       3 B       4 B       0\n"
		"(3 more columns in a wider terminal)\n");
}
END_TEST

START_TEST(calls_show_as_many_digits_as_tell_them_apart)
{
	static const char rows[] = "[{\"call\":\"18a5c3f2b1d4e600a1b2c3d400000001\"},"
				   "{\"call\":\"28a5c3f2b1d4e600a1b2c3d400000001\"},"
				   "{\"call\":\"18a5c3f2b1d4e600a1b2c3d400000002\"}]";
	struct output o = paper(34, false);
	json_t *json = json_loads(rows, 0, NULL);
	table_print(&o, COMMAND_CALLS_LIST, NULL, json, 0);
	json_decref(json);
	fclose(o.file);
	ck_assert_ptr_nonnull(strstr(text, "\n18a5c3f2b1d4e600a1b2c3d400000001  "));
	ck_assert_ptr_nonnull(strstr(text, "\n18a5c3f2b1d4e600a1b2c3d400000002  "));
	free(text);
}
END_TEST

START_TEST(objects_show_their_members)
{
	static const char object[] =
		"{\"queue\":\"service\",\"longest_wait_ms\":15200,\"jitter_us\":1250,"
		"\"service_level_ms\":20000,\"in_level_percent\":91.4,\"log_error\":null,"
		"\"peers\":[\"10.0.0.0/8\",\"::1/128\"],\"calls\":{\"alive\":3,\"started_first\":"
		"\"2026-04-12T01:02:03.004Z\"},\"members\":[{\"agent\":\"fang\",\"state\":"
		"\"ready\","
		"\"for_ms\":4100}],\"callers\":[]}";
	struct output o = paper(0, false);
	json_t *json = json_loads(object, 0, NULL);
	show_print(&o, COMMAND_QUEUES_SHOW, json);
	json_decref(json);
	expect(&o,
		"queue          service\n"
		"longest wait   0:15.2\n"
		"jitter         1.2 ms\n"
		"service level  0:20.0\n"
		"in level       91.4 %\n"
		"peers          10.0.0.0/8, ::1/128\n"
		"callers        -\n"
		"\n"
		"calls\n"
		"  alive          3\n"
		"  started first  01:02:03\n"
		"\n"
		"members\n"
		"  AGENT  STATE     FOR  RING  RESERVE\n"
		"  fang   ready  0:04.1     -  -\n");
}
END_TEST

START_TEST(events_are_one_line)
{
	struct output o = paper(0, false);
	json_t *row = json_loads(
		"{\"sequence\":1,\"time\":\"2026-04-12T01:02:03.004Z\",\"event\":\"call-ended\","
		"\"tenant\":\"acme\",\"call\":\"18a5c3f2b1d4e600a1b2c3d400000001\",\"body\":"
		"{\"why\":\"caller hangup\",\"agent\":\"\",\"ended\":\"2026-04-12T13:20:00.123Z\","
		"\"left\":{\"seen\":5}}}",
		0, NULL);
	events_print(&o, row);
	json_decref(row);
	expect(&o,
		"01:02:03.004  call-ended          acme        18a5c3f2b1d4e6 "
		" why=\"caller hangup\" ended=13:20:00.123 left.seen=5\n");
}
END_TEST

static void expect_wrong(const char *const *argv, const char *wanted)
{
	struct args a;
	char error[ARGS_ERROR_MAX];
	int argc = 0;
	while (argv[argc] != NULL)
		argc++;
	ck_assert(!args_parse(&a, argc, (char *const *)argv, error));
	ck_assert_str_eq(error, wanted);
	args_fini(&a);
}
#define WORDS(...) ((const char *const[]){"ringctl", __VA_ARGS__, NULL})

// What callers and agents are called comes from outside.
START_TEST(events_cannot_be_forged)
{
	struct output o = paper(0, false);
	json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:i}}", "event", "call-started",
		"time", "2026-04-12T13:20:00.000Z", "tenant", "city", "call", "0123456789abcdef",
		"body", "from", "x agent=anna", "to", "\"9\" why=\xc2\x9b", "a b=c", 1);
	ck_assert_ptr_nonnull(row);
	events_print(&o, row);
	json_decref(row);
	fclose(o.file);
	ck_assert_ptr_nonnull(strstr(text,
		" from=\"x agent=anna\" to=\"\\\"9\\\" why=?\" "
		"a?b?c=1\n"));
	free(text);
}
END_TEST

START_TEST(json_does_not_steer_the_terminal)
{
	struct output o = paper(0, false);
	json_t *row = json_pack("{s:s}", "from", "J\xc3\xbcrgen \xc2\x9b\x7f\x1b\xe2\x80\xae");
	text_json(&o, row, JSON_COMPACT);
	json_decref(row);
	expect(&o, "{\"from\":\"J\xc3\xbcrgen \\u009b\\u007f\\u001B\\u202e\"}\n");
}
END_TEST

START_TEST(command_lines)
{
	struct args a;
	char error[ARGS_ERROR_MAX];
	const char *const line[] = {"ringctl", "--limit", "5", "calls", "--history", "list",
		"--agent=--x", "--json", "--socket", "/s", "--no-color"};
	ck_assert(args_parse(&a, 11, (char *const *)line, error));
	ck_assert_ptr_eq(a.command, &commands[COMMAND_CALLS_LIST]);
	ck_assert_uint_eq(a.arg_count, 0);
	ck_assert(a.json && a.colour == 0);
	ck_assert_str_eq(a.socket, "/s");
	ck_assert_str_eq(json_string_value(json_object_get(a.options, "limit")), "5");
	ck_assert_str_eq(json_string_value(json_object_get(a.options, "history")), "");
	ck_assert_str_eq(json_string_value(json_object_get(a.options, "agent")), "--x");
	args_fini(&a);
	const char *const dashes[] = {"ringctl", "agents", "show", "--", "--json"};
	ck_assert(args_parse(&a, 5, (char *const *)dashes, error));
	ck_assert_str_eq(a.args[0], "--json");
	args_fini(&a);
}
END_TEST

START_TEST(wrong_command_lines)
{
	expect_wrong(
		WORDS("cals"), "no command `cals`; did you mean `calls`; `ringctl help` lists all");
	expect_wrong(WORDS("calls", "liste"),
		"no command `calls liste`; did you mean `calls list`; `ringctl help calls` lists "
		"those of calls");
	expect_wrong(WORDS("calls", "frobnicate"),
		"no command `calls frobnicate`; `ringctl help calls` lists those of calls");
	expect_wrong(WORDS("call", "list"),
		"no command `call list`; did you mean `calls list`; `ringctl help` lists all");
	expect_wrong(WORDS("stauts"),
		"no command `stauts`; did you mean `stats`; `ringctl help` lists all");
	expect_wrong(WORDS("frobnicate", "now"),
		"no command `frobnicate now`; `ringctl help` lists all");
	expect_wrong(WORDS("calls", "show"), "usage: ringctl calls show CALL");
	expect_wrong(WORDS("calls", "show", "1", "2"), "usage: ringctl calls show CALL");
	expect_wrong(WORDS("status", "--limit", "5"),
		"`status` has no option --limit; `ringctl help status` shows those it has");
	expect_wrong(WORDS("status", "--csv"),
		"`status` is no list: --csv is for lists, --json for all");
	expect_wrong(
		WORDS("drain", "--csv"), "`drain` is no list: --csv is for lists, --json for all");
	expect_wrong(WORDS("calls", "list", "--csv", "--json"), "--csv or --json, not both");
	expect_wrong(WORDS("calls", "list", "--limit"), "--limit needs a value behind it");
	expect_wrong(WORDS("calls", "list", "--history=1"), "--history takes no value");
	expect_wrong(WORDS("--nonsense"), "no option --nonsense; `ringctl help` lists all");
	expect_wrong(
		WORDS("calls", "list", "--agent", "\xff"), "the value of --agent is not UTF-8");
}
END_TEST

UNIT_MAIN("ringctl", values_for_people, controls_never_reach_the_terminal, widths_count_columns,
	tables_are_aligned, colours_only_where_wanted, tables_fit_the_terminal,
	optional_columns_go_first, calls_show_as_many_digits_as_tell_them_apart,
	objects_show_their_members, events_are_one_line, events_cannot_be_forged,
	json_does_not_steer_the_terminal, command_lines, wrong_command_lines)
