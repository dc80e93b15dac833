// Digits in the bodies of INFO, as phones write them.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/sip/message/info.h"

#define NO_DIGIT  '-' // well formed, and no digit
#define MALFORMED '?'

static const struct {
	enum info_form form;
	const char *body;
	char digit;
	unsigned ms; // 0: as where the body does not say
} rows[] = {
	{INFO_RELAY, "Signal=5\r\nDuration=120\r\n", '5', 120},
	{INFO_RELAY, "Signal= 5\r\nDuration= 120", '5', 120},
	{INFO_RELAY, "Signal = #\nDuration = 250\n", '#', 250},
	{INFO_RELAY, "Signal\t=\t*\t\rDuration\t=\t250\r", '*', 250},
	{INFO_RELAY, "\r\n  signal=d  \r\n\r\n  DURATION=1  \r\n\r\n", 'D', 1},
	{INFO_RELAY, "Duration=120\r\nSignal=6\r\n", '6', 120},
	{INFO_RELAY, "Signal=10", '*', 0},
	{INFO_RELAY, "Signal=11", '#', 0},
	{INFO_RELAY, "Signal=15", 'D', 0},
	{INFO_RELAY, "Signal=16\r\nDuration=300", NO_DIGIT, 300},
	{INFO_RELAY, "Signal=!", NO_DIGIT, 0},
	{INFO_RELAY, "Signal=hf", NO_DIGIT, 0},
	{INFO_RELAY, "Signal=0\r\nX-Foo: bar\r\nFoo=1\r\nDuration=160\r\n", '0', 160},
	{INFO_RELAY, "Signal=3\r\nSignal=3\r\n", '3', 0},
	{INFO_RELAY, "Signal=3\r\nDuration=0\r\n", '3', 0},
	{INFO_RELAY, "Signal=3\r\nDuration=99999999999999999999\r\n", '3', 0},
	{INFO_RELAY, "Signal=3\r\nDuration=-160\r\n", '3', 0},
	{INFO_RELAY, "Signal=3\r\nDuration=long\r\n", '3', 0},
	{INFO_RELAY, "Signal=3\r\nDuration=\r\n", '3', 0},
	{INFO_RELAY, "", MALFORMED, 0},
	{INFO_RELAY, " \r\n\t\r\n", MALFORMED, 0},
	{INFO_RELAY, "Duration=160\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal=\r\nDuration=160\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal\r\n5\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal=12345\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal=17\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal=05\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal=x\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signal=1\r\nSignal=2\r\n", MALFORMED, 0},
	{INFO_RELAY, "Signals=1\r\n", MALFORMED, 0},
	{INFO_RELAY, "5", MALFORMED, 0},
	{INFO_DTMF, "5", '5', 0},
	{INFO_DTMF, " \r\n#\r\n", '#', 0},
	{INFO_DTMF, "11\r\n", '#', 0},
	{INFO_DTMF, "a", 'A', 0},
	{INFO_DTMF, "Signal=2\r\nDuration=90", MALFORMED, 0},
	{INFO_DTMF, "16", NO_DIGIT, 0},
	{INFO_DTMF, "", MALFORMED, 0},
	{INFO_DTMF, "\r\n", MALFORMED, 0},
	{INFO_DTMF, "123", MALFORMED, 0},
	{INFO_DTMF, "1 2", MALFORMED, 0},
	{INFO_DTMF, "x", MALFORMED, 0},
};

START_TEST(bodies_as_phones_write_them)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct info_digit d;
		int error = info_read(rows[i].form, rows[i].body, strlen(rows[i].body), &d);
		char is = error ? MALFORMED : d.digit ? d.digit : NO_DIGIT;
		ck_assert_int_eq(error, error ? -EINVAL : 0);
		ck_assert_msg(is == rows[i].digit, "'%s' is %c", rows[i].body, is);
		if (!error)
			ck_assert_uint_eq(d.duration_ms, rows[i].ms ? rows[i].ms : INFO_DIGIT_MS);
	}
}
END_TEST

// Some send the string's end too.
START_TEST(zeros_are_white)
{
	static const char body[] = "Signal=7\0\r\nDuration=80\0\0";
	struct info_digit d;

	ck_assert_int_eq(info_read(INFO_RELAY, body, sizeof(body), &d), 0);
	ck_assert_int_eq(d.digit, '7');
	ck_assert_uint_eq(d.duration_ms, 80);
}
END_TEST

UNIT_MAIN("info", bodies_as_phones_write_them, zeros_are_white)
