// UTF-8 from outside: each sequence is read, or given up for as long as it could have been one.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/utf8.h"

#define BAD "\xef\xbf\xbd"

static const char *cleaned(const char *text, size_t len)
{
	static char out[256];

	memset(out, 'x', sizeof(out));
	utf8_clean(out, sizeof(out), text, len);
	return out;
}
#define ck_clean(text, expected) ck_assert_str_eq(cleaned(text, sizeof(text) - 1), expected)

// Unicode's own examples (3.9, table 3-8 to 3-11) and the bounds of RFC 3629.
START_TEST(what_is_no_character_is_given_up_once)
{
	ck_clean("\xc0\xaf", BAD BAD);
	ck_clean("\xe0\x80\xbf", BAD BAD BAD);
	ck_clean("\xed\xa0\x80", BAD BAD BAD);
	ck_clean("\xf4\x90\x80\x80", BAD BAD BAD BAD);
	ck_clean("\xf5\xff", BAD BAD);
	ck_clean("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
		 "A",
		BAD BAD BAD BAD "A");
	ck_clean("\xe1\x80", BAD);
	ck_clean("\xff\xfe\xc3(", BAD BAD BAD "(");
	ck_clean("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf",
		"\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf");
}
END_TEST

START_TEST(what_people_cannot_see_is_out)
{
	ck_clean("a\0b\r\nc\x7f"
		 "d\x1b[31m",
		"abcd[31m");
	ck_clean("\xc2\x9b"
		 "31m",
		"31m");					   // C1
	ck_clean("x\xe2\x80\xaey\xef\xbb\xbf", "xy");	   // turned writing, a mark
	ck_clean(" \tM\xc3\xbcller \t ", "M\xc3\xbcller"); // blanks at the ends
	ck_clean("a\tb", "a b");
	ck_clean("\xe5\xbc\xa0\xe4\xbc\x9f", "\xe5\xbc\xa0\xe4\xbc\x9f");
	ck_clean("", "");
}
END_TEST

START_TEST(a_cut_is_between_characters)
{
	static const char text[] = "ab\xe5\xbc\xa0"
				   "c";
	char out[8];

	for (size_t size = 1; size <= sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		utf8_clean(out, size, text, sizeof(text) - 1);
		size_t fits = size > 6 ? 6 : size > 5 ? 5 : size > 2 ? 2 : size - 1;
		ck_assert_uint_eq(strlen(out), fits);
		ck_assert(strncmp(out, text, fits) == 0);
	}
}
END_TEST

// Every two octets, and every three that begin like a character: what is read can be read again.
START_TEST(whatever_comes_what_leaves_is_utf8)
{
	char text[3], out[16];

	for (unsigned i = 0; i < 0x1000000; i += i < 0x10000 ? 1 : 997) {
		text[0] = (char)(i >> 8);
		text[1] = (char)i;
		text[2] = (char)(i >> 16);
		utf8_clean(out, sizeof(out), text, 3);
		ck_assert(utf8_is(out, strlen(out)));
	}
}
END_TEST

UNIT_MAIN("utf8", what_is_no_character_is_given_up_once, what_people_cannot_see_is_out,
	a_cut_is_between_characters, whatever_comes_what_leaves_is_utf8)
