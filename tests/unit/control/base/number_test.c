// Numbers by their plan: each way to write one, as carriers of several countries send it.
#include "control/base/number.h"

#include <string.h>

#include "engine/base/str.h"
#include "tests/unit/unit.h"

static struct number_plan none = {.national = "0", .international = "00", .short_digits = 6},
			  china = {"86", "0", "00", NUMBER_NATIONAL, 6},
			  germany = {"49", "0", "00", NUMBER_NATIONAL, 6},
			  without_plus = {"49", "0", "00", NUMBER_E164, 6},
			  local = {"49", "0", "00", NUMBER_LOCAL, 6},
			  america = {"1", "1", "011", NUMBER_NATIONAL, 6},
			  america_e164 = {"1", "1", "011", NUMBER_E164, 6},
			  russia = {"7", "8", "810", NUMBER_NATIONAL, 6},
			  russia_e164 = {"7", "8", "810", NUMBER_E164, 6},
			  italy = {"39", "", "00", NUMBER_NATIONAL, 6};

static void ck_normal(const struct number_plan *plan, const char *text, const char *expected)
{
	char out[NUMBER_TEXT_MAX];

	number_normal(plan, text, out);
	ck_assert_msg(strcmp(out, expected) == 0, "+%s: %s is %s, not %s", plan->country, text, out,
		expected);
}

START_TEST(without_a_plan_a_number_is_its_text)
{
	ck_normal(&none, "004930123", "004930123");
	ck_normal(&none, "+49-30 (123)", "+49-30 (123)");
	ck_normal(&none, "9000;phone-context=+49", "9000");
	ck_normal(&none, "reception", "reception");
	ck_normal(&none, "", "");
}
END_TEST

START_TEST(each_way_to_write_it)
{
	static const struct {
		const struct number_plan *plan;
		const char *text, *normal;
	} t[] = {
		{&china, "+8640012345678", "+8640012345678"},
		{&china, "008640012345678", "+8640012345678"},
		{&china, "040012345678", "+8640012345678"},
		{&china, "40012345678", "+8640012345678"},
		{&china, "+86 (400) 1234-5678", "+8640012345678"},
		{&china, "13800138000", "+8613800138000"},
		{&china, "01065551234", "+861065551234"},
		{&china, "10086", "10086"}, // a short code
		{&china, "95588", "95588"},
		{&china, "010086", "+8610086"}, // a prefix says that it is none
		{&china, "00493012345", "+493012345"},
		{&china, "*21#", "*21#"},
		{&china, "4 0 0-1", "4001"},
		{&china, "help-desk", "help-desk"},
		{&china, "anonymous", "anonymous"},
		{&china, "0", "0"},
		{&china, "00", "00"},
		{&china, "+", "+"},
		{&china, "1234567890123456", "1234567890123456"}, // longer than any number
		{&china, "+1234567890123456", "+1234567890123456"},
		{&germany, "030 123-45", "+493012345"},
		{&germany, "116117", "116117"},
		{&germany, "0049 30 12345", "+493012345"},
		{&without_plus, "493012345", "+493012345"},
		{&without_plus, "8640012345678", "+8640012345678"},
		{&without_plus, "03012345", "+493012345"}, // no country code begins with 0
		{&without_plus, "008640012345678", "+8640012345678"},
		{&without_plus, "110", "110"},
		{&local, "12345678", "12345678"},
		{&local, "03012345", "+493012345"},
		{&america, "14155550100", "+14155550100"},
		{&america, "4155550100", "+14155550100"},
		{&america, "011493012345", "+493012345"},
		{&america, "911", "911"},
		{&america_e164, "14155550100", "+14155550100"},
		{&america_e164, "493012345", "+493012345"},
		{&america_e164, "011493012345", "+493012345"},
		{&russia, "84951234567", "+74951234567"},
		{&russia, "4951234567", "+74951234567"},
		{&russia, "810493012345", "+493012345"},       // the longer prefix
		{&russia_e164, "81312345678", "+81312345678"}, // Japan, not a national call
		{&italy, "0612345678", "+390612345678"},       // the 0 is the number's
		{&italy, "3331234567", "+393331234567"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_normal(t[i].plan, t[i].text, t[i].normal);
		ck_normal(t[i].plan, t[i].normal, t[i].normal);
	}
}
END_TEST

// RFC 3966 5.1.5: where a local number is one.
START_TEST(numbers_of_another_place)
{
	ck_normal(&china, "3012345678;phone-context=+49", "+493012345678");
	ck_normal(&china, "40012345678;phone-context=+86", "+8640012345678");
	ck_normal(&china, "040012345678;phone-context=+86", "+8640012345678");
	ck_normal(&china, "65551234;phone-context=+8610", "+861065551234");
	ck_normal(&china, "5512;phone-context=+8610", "+86105512"); // short there too
	ck_normal(&china, "110;phone-context=+86", "110");
	ck_normal(&china, "110;phone-context=+49", "110");
	ck_normal(&china, "40012345678;phone-context=example.com", "+8640012345678");
	ck_normal(&china, "40012345678;phone-context=+8*", "40012345678");
	ck_normal(&china, "+493012345;phone-context=+86", "+493012345");
}
END_TEST

START_TEST(beginnings)
{
	static const struct {
		const struct number_plan *plan;
		const char *text, *stem; // NULL: begins none in E.164
	} t[] = {
		{&china, "400", "+86400"},
		{&china, "0400", "+86400"},
		{&china, "0086-400", "+86400"},
		{&china, "+86400", "+86400"},
		{&china, "0", "+86"},
		{&china, "00", "+"},
		{&china, "+", "+"},
		{&china, "", NULL},
		{&china, "*2", NULL},
		{&china, "desk", NULL},
		{&without_plus, "49", "+49"},
		{&local, "49", NULL},
		{&none, "400", NULL},
	};
	char out[NUMBER_TEXT_MAX];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool known = number_stem(t[i].plan, t[i].text, out);
		ck_assert_msg(known == (t[i].stem != NULL), "%s", t[i].text);
		if (known)
			ck_assert_str_eq(out, t[i].stem);
	}
}
END_TEST

// All national numbers of seven digits and more, thinned out: E.164, both prefixes and none agree.
START_TEST(the_ways_agree)
{
	static const struct number_plan *const plans[] = {&china, &germany, &america};
	char national[24], text[40], expected[40];

	for (size_t p = 0; p < sizeof(plans) / sizeof(plans[0]); p++) {
		for (uint64_t n = 2000000; n < 99999999999; n += n / 97) {
			str_format(national, sizeof(national), "%llu", (unsigned long long)n);
			// No national number begins like the prefix.
			if (str_starts(national, plans[p]->national))
				continue;
			str_format(
				expected, sizeof(expected), "+%s%s", plans[p]->country, national);
			const char *const before[][2] = {{"+", plans[p]->country},
				{plans[p]->international, plans[p]->country},
				{plans[p]->national, ""}, {"", ""}};
			for (size_t i = 0; i < 4; i++) {
				str_format(text, sizeof(text), "%s%s%s", before[i][0], before[i][1],
					national);
				ck_normal(plans[p], text, expected);
			}
		}
	}
}
END_TEST

START_TEST(what_a_telephone_number_is)
{
	static const struct {
		const char *text;
		bool number;
	} t[] = {
		{"9000", true},
		{"+49 (30) 12.34-5", true},
		{"*21*", true},
		{"", false},
		{"+", false},
		{"-", false},
		{"++49", false},
		{"49+30", false},
		{"9000x", false},
		{"reception", false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_msg(number_is(t[i].text) == t[i].number, "%s", t[i].text);
}
END_TEST

UNIT_MAIN("number", without_a_plan_a_number_is_its_text, each_way_to_write_it,
	numbers_of_another_place, beginnings, the_ways_agree, what_a_telephone_number_is)
