// What was probably meant.
#include "tests/unit/unit.h"

#include "control/base/near.h"

static const char *near(const char *wanted)
{
	static const char *const names[] = {
		"", "service", "sales", "sales-vip", "bob", "bobby", "alice", "tech"};
	static struct near n;
	n = (struct near){.wanted = wanted};
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		near_try(&n, names[i]);
	return n.known ? "known" : n.name;
}

START_TEST(the_nearest_is_meant)
{
	ck_assert_str_eq(near("sales"), "known");
	ck_assert_str_eq(near("sale"), "sales");
	ck_assert_str_eq(near("slaes"), "sales");
	ck_assert_str_eq(near("servce"), "service");
	ck_assert_str_eq(near("Bob"), "bob");
	ck_assert_str_eq(near("ali"), "alice"); // begins so
	ck_assert_str_eq(near("xyzzy"), "");
	ck_assert_str_eq(near("zz"), "");
	ck_assert_str_eq(near(""), "");
}
END_TEST

START_TEST(edits_are_counted)
{
	ck_assert_uint_eq(near_edits("", ""), 0);
	ck_assert_uint_eq(near_edits("abc", "abc"), 0);
	ck_assert_uint_eq(near_edits("abc", "abd"), 1);
	ck_assert_uint_eq(near_edits("abc", "bc"), 1);
	ck_assert_uint_eq(near_edits("kitten", "sitting"), 3);
}
END_TEST

UNIT_MAIN("near", the_nearest_is_meant, edits_are_counted)
