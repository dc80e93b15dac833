// How long a session may live, as far ends write it.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/sip/message/lifetime.h"

#define NONE UINT32_MAX // no number

static const struct {
	const char *text;
	uint32_t s;
	enum lifetime_refresher refresher;
} rows[] = {
	{"1800", 1800, LIFETIME_NOBODY},
	{"1800;refresher=uac", 1800, LIFETIME_UAC},
	{"1800;refresher=uas", 1800, LIFETIME_UAS},
	{" \t90 \r\n ; Refresher\t=\r\n UAS ", 90, LIFETIME_UAS},
	{"90;a=b;;c;refresher=uac;refresher=uas", 90, LIFETIME_UAC},
	{"90;refresher=both;refresher=uas", 90, LIFETIME_UAS},
	{"90;refresher", 90, LIFETIME_NOBODY},
	{"90;refresher=", 90, LIFETIME_NOBODY},
	{"90;refresherr=uac", 90, LIFETIME_NOBODY},
	{"90;refresher=uacs", 90, LIFETIME_NOBODY},
	{"90;", 90, LIFETIME_NOBODY},
	{"0", 0, LIFETIME_NOBODY},
	{"00090", 90, LIFETIME_NOBODY},
	{"604800", LIFETIME_MAX_S, LIFETIME_NOBODY},
	{"604801", LIFETIME_MAX_S, LIFETIME_NOBODY},
	{"4294967296", LIFETIME_MAX_S, LIFETIME_NOBODY},
	{"99999999999999999999999999", LIFETIME_MAX_S, LIFETIME_NOBODY},
	{"", NONE, LIFETIME_NOBODY},
	{" ", NONE, LIFETIME_NOBODY},
	{"-90", NONE, LIFETIME_NOBODY},
	{"+90", NONE, LIFETIME_NOBODY},
	{"90s", NONE, LIFETIME_NOBODY},
	{"90 90", NONE, LIFETIME_NOBODY},
	{"90,90", NONE, LIFETIME_NOBODY},
	{"1.5", NONE, LIFETIME_NOBODY},
	{";refresher=uac", NONE, LIFETIME_NOBODY},
	{"soon", NONE, LIFETIME_NOBODY},
};

START_TEST(each_value)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum lifetime_refresher refresher;
		uint32_t s = 7;
		bool is = lifetime_value(rows[i].text, strlen(rows[i].text), &s, &refresher);
		ck_assert_msg(is == (rows[i].s != NONE), "%s", rows[i].text);
		ck_assert_msg(s == (is ? rows[i].s : 7), "%s: %u", rows[i].text, s);
		if (is)
			ck_assert_msg(refresher == rows[i].refresher, "%s", rows[i].text);
	}
}
END_TEST

// What was not given is not looked at.
START_TEST(no_further_than_its_length)
{
	enum lifetime_refresher refresher;
	uint32_t s;

	ck_assert(lifetime_value("90;refresher=uas", 12, &s, &refresher));
	ck_assert_int_eq(refresher, LIFETIME_NOBODY);
	ck_assert(lifetime_value("900", 2, &s, &refresher));
	ck_assert_uint_eq(s, 90);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {each_value, no_further_than_its_length};

	return unit_run("lifetime", tests, sizeof(tests) / sizeof(tests[0]));
}
