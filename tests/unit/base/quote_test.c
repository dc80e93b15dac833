// Text of others in lines of ours: it forges nothing, it steers nothing, and it is cut whole.
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/quote.h"

static const char *quoted(const char *text, enum quote_place place)
{
	static char out[512];

	ck_assert_uint_eq(quote(out, sizeof(out), text, strlen(text), place), strlen(out));
	return out;
}

static const struct {
	const char *text, *value, *sentence;
} cases[] = {
	{"agent7", "agent7", "agent7"},
	{"", "\"\"", ""},
	{"sip:7@192.0.2.1:5060", "sip:7@192.0.2.1:5060", "sip:7@192.0.2.1:5060"},
	{"Too many open files", "\"Too many open files\"", "Too many open files"},
	{"x source=192.0.2.1", "\"x source=192.0.2.1\"", "\"x source=192.0.2.1\""},
	{"x\" source=\"y", "\"x\\\" source=\\\"y\"", "\"x\\\" source=\\\"y\""},
	{"a\\", "\"a\\\\\"", "\"a\\\\\""},
	{"a\r\nb\tc", "\"a\\r\\nb\\tc\"", "\"a\\r\\nb\\tc\""},
	{"\033[2J", "\"\\x1b[2J\"", "\"\\x1b[2J\""},
	{"\x7f", "\"\\x7f\"", "\"\\x7f\""},
	{"\x9b", "\"\\x9b\"", "\"\\x9b\""},				// CSI, raw
	{"\xc2\x9b", "\"\\xc2\\x9b\"", "\"\\xc2\\x9b\""},		// and as UTF-8
	{"\xe2\x80\xae", "\"\\xe2\\x80\\xae\"", "\"\\xe2\\x80\\xae\""}, // right to left
	{"\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\"", "\"\\xe2\\x80\\xa8\""}, // line separator
	{"\xed\xa0\x80", "\"\\xed\\xa0\\x80\"", "\"\\xed\\xa0\\x80\""}, // surrogate
	{"\xc0\xaf", "\"\\xc0\\xaf\"", "\"\\xc0\\xaf\""},		// overlong
	{"\xe4\xbd", "\"\\xe4\\xbd\"", "\"\\xe4\\xbd\""},		// cut
	{"J\xc3\xbcrgen", "J\xc3\xbcrgen", "J\xc3\xbcrgen"},
	{"\xe4\xbd\xa0\xe5\xa5\xbd", "\xe4\xbd\xa0\xe5\xa5\xbd", "\xe4\xbd\xa0\xe5\xa5\xbd"},
	{"\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e"},
};

START_TEST(every_text_in_its_place)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_str_eq(quoted(cases[i].text, QUOTE_VALUE), cases[i].value);
		ck_assert_str_eq(quoted(cases[i].text, QUOTE_TEXT), cases[i].sentence);
	}
	ck_assert_str_eq(quoted("a=\"b\" \033[2J", QUOTE_NEVER), "a=\"b\" \\x1b[2J");
}
END_TEST

// Whatever the bytes: one line, one word or one pair of quotes, nothing below 0x20, no C1.
START_TEST(no_bytes_break_out)
{
	unsigned seed = 7;
	char text[24], out[128];

	for (unsigned round = 0; round < 5000; round++) {
		size_t len = (seed = seed * 1103515245 + 12345) >> 16 & 15;
		for (size_t i = 0; i < len; i++)
			text[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
		size_t size = 3 + (seed >> 8) % 100;
		size_t n = quote(out, size, text, len, QUOTE_VALUE);
		ck_assert_uint_lt(n, size);
		ck_assert_uint_eq(n, strlen(out));
		bool in_quotes = out[0] == '"';
		for (size_t i = in_quotes; i + in_quotes < n; i++) {
			ck_assert_uint_ge((unsigned char)out[i], 0x20);
			if (out[i] == '\\')
				i++;
			else
				ck_assert(out[i] != '"' && (in_quotes || out[i] != ' '));
		}
		if (in_quotes)
			ck_assert(n >= 2 && out[n - 1] == '"');
	}
}
END_TEST

START_TEST(a_cut_is_between_characters)
{
	char out[8];

	ck_assert_uint_eq(quote(out, 3, "a b", 3, QUOTE_VALUE), 2);
	ck_assert_str_eq(out, "\"\"");
	quote(out, 8, "a bcdefgh", 9, QUOTE_VALUE);
	ck_assert_str_eq(out, "\"a bcd\"");
	quote(out, 8, "a b\033", 4, QUOTE_VALUE);
	ck_assert_str_eq(out, "\"a b\"");
	quote(out, 4, "aa\xe4\xbd\xa0", 5, QUOTE_VALUE);
	ck_assert_str_eq(out, "aa");
}
END_TEST

UNIT_MAIN("quote", every_text_in_its_place, no_bytes_break_out, a_cut_is_between_characters)
