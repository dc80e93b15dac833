// Bounded text: cuts are told and always terminated, numbers are read whole or not at all.
#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"

START_TEST(copies_never_pass_the_end)
{
	char out[6] = "xxxx!";

	ck_assert_int_eq(str_copy(out, 5, "1234"), 0);
	ck_assert_str_eq(out, "1234");
	ck_assert_int_eq(str_copy(out, 5, "12345"), -ENAMETOOLONG);
	ck_assert_str_eq(out, "1234");
	ck_assert_int_eq(out[5], '\0');
	ck_assert_int_eq(str_copy_n(out, 5, "abcdef", 2), 0);
	ck_assert_str_eq(out, "ab");
	ck_assert_int_eq(str_format(out, 5, "%d", 1234), 0);
	ck_assert_int_eq(str_format(out, 5, "%d", 56789), -ENAMETOOLONG);
	ck_assert_str_eq(out, "5678");
}
END_TEST

START_TEST(null_equals_only_null)
{
	ck_assert(str_equal(NULL, NULL));
	ck_assert(!str_equal(NULL, ""));
	ck_assert(!str_equal("", NULL));
	ck_assert(str_equal("a", "a"));
	ck_assert(!str_equal("a", "A"));
	ck_assert(str_starts("sip:a", "sip:"));
	ck_assert(str_starts("a", ""));
	ck_assert(!str_starts("si", "sip:"));
}
END_TEST

START_TEST(numbers_are_whole_texts)
{
	uint64_t v = 7;

	ck_assert_int_eq(str_u64("0", &v), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(str_u64("18446744073709551615", &v), 0);
	ck_assert_uint_eq(v, UINT64_MAX);
	v = 7;
	ck_assert_int_eq(str_u64("18446744073709551616", &v), -ERANGE);
	ck_assert_int_eq(str_u64("99999999999999999999999", &v), -ERANGE);
	static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "a"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(str_u64(wrong[i], &v), -EINVAL);
	ck_assert_uint_eq(v, 7);
}
END_TEST

START_TEST(clone_is_a_copy)
{
	char text[] = "agent";
	char *copy = str_clone(text);

	text[0] = 'A';
	ck_assert_str_eq(copy, "agent");
	free(copy);
}
END_TEST

START_TEST(full_buffer_keeps_what_fitted)
{
	char data[8];
	struct str_buf b;

	str_buf_init(&b, data, sizeof(data));
	ck_assert_str_eq(data, "");
	str_buf_add(&b, "%d-", 123);
	str_buf_add(&b, "%s", "abc");
	ck_assert_str_eq(data, "123-abc");
	ck_assert(!b.cut);
	str_buf_add(&b, "%s", "");
	ck_assert(!b.cut);
	str_buf_add(&b, "d");
	ck_assert(b.cut);
	ck_assert_str_eq(data, "123-abc");
	ck_assert_uint_eq(b.len, 7);
}
END_TEST

// What is written without the C library is what it would write, at every size of the buffer.
START_TEST(formats_are_the_c_librarys)
{
	for (size_t size = 1; size < 64; size++) {
		char ours[64], theirs[64];
		struct str_buf b;
		str_buf_init(&b, ours, size);
		str_buf_add(&b, "%s %u.%03u s%s", "alice", 12u, 7u, "");
		if (snprintf(theirs, sizeof(theirs), "alice 12.007 s") >= (int)size)
			theirs[0] = '\0';
		ck_assert_str_eq(ours, theirs);
		ck_assert(b.cut == (theirs[0] == '\0'));
		ck_assert_uint_eq(b.len, strlen(ours));
	}
	char text[128];
	struct str_buf b;
	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "%u %02u %s%% %d %s", UINT_MAX, 123u, "é", -1, "x");
	str_buf_add(&b, "%5u|%-3s|%zu", 1u, "a", sizeof(char));
	ck_assert_str_eq(text, "4294967295 123 é% -1 x    1|a  |1");
}
END_TEST

START_TEST(numbers_are_written_whole)
{
	char out[STR_NUMBER_MAX];
	ck_assert_uint_eq(str_number(out, 0), 1);
	ck_assert_str_eq(out, "0");
	ck_assert_uint_eq(str_number(out, UINT64_MAX), 20);
	ck_assert_str_eq(out, "18446744073709551615");
}
END_TEST

START_TEST(one_is_no_plural)
{
	char out[STR_COUNT_MAX];

	ck_assert_str_eq(str_count(out, 0, "call"), "0 calls");
	ck_assert_str_eq(str_count(out, 1, "call"), "1 call");
	ck_assert_str_eq(str_count(out, 2, "call"), "2 calls");
	ck_assert_str_eq(
		str_count(out, UINT64_MAX, "more column"), "18446744073709551615 more columns");
}
END_TEST

UNIT_MAIN("str", formats_are_the_c_librarys, numbers_are_written_whole, one_is_no_plural,
	copies_never_pass_the_end, null_equals_only_null, numbers_are_whole_texts, clone_is_a_copy,
	full_buffer_keeps_what_fitted)
